//! Area codes of GB/T 2260 (行政区划代码).

use crate::failure::Failure;
use crate::reason;
use crate::text::{ascii, text_form};

/// Six digits: province 2, city 2, district 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode([u8; 6]);

impl AreaCode {
    /// Reads six digits.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match <[u8; 6]>::try_from(text.as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self(digits)),
            _ => Err(Failure::new(&reason::AREA_CODE_FORMAT)),
        }
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Whether the area lies in the larger one with that prefix (`4201` is Wuhan).
    pub fn starts_with(&self, prefix: &str) -> bool {
        self.as_str().starts_with(prefix)
    }

    /// Refuses an area outside the city with that prefix.
    pub fn within(self, prefix: &str) -> Result<Self, Failure> {
        match self.starts_with(prefix) {
            true => Ok(self),
            false => {
                Err(Failure::new(&reason::AREA_OUTSIDE_CITY).with("area_code", self).with("prefix", prefix))
            }
        }
    }
}

text_form!(AreaCode, read back by parse);
