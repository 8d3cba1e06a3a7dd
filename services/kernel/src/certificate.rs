//! Numbers of recognitions: the high-tech enterprise certificate and the listing of a
//! science and technology SME.

use crate::failure::{Failure, Reason};
use crate::reason;
use crate::text::text_form;

/// Number of a high-tech enterprise certificate (高新技术企业证书编号): `GR` or `GF`, year 4,
/// province 2, serial 6.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HnteNumber(String);

impl HnteNumber {
    /// Reads `^G[RF]\d{12}$`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let sound = shaped(text, "Gkdddddddddddd");
        sound.then(|| Self(text.to_owned())).ok_or_else(|| refused(&reason::CERTIFICATE_NUMBER_FORMAT))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The year of recognition.
    pub fn year(&self) -> i16 {
        year(&self.0[2..6])
    }
}

text_form!(HnteNumber, read back by parse);

/// Listing number of a science and technology SME (科技型中小企业入库登记编号): year 4, area 6,
/// body 2, serial 6. Valid for the calendar year of the listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmeListingNumber(String);

impl SmeListingNumber {
    /// Reads `^20\d{2}\d{6}[0-9A-Z]{2}\d{6}$`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let sound = text.starts_with("20") && shaped(text, "ddddddddddaadddddd");
        sound.then(|| Self(text.to_owned())).ok_or_else(|| refused(&reason::LISTING_NUMBER_FORMAT))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The calendar year for which the listing is valid.
    pub fn year(&self) -> i16 {
        year(&self.0[..4])
    }
}

text_form!(SmeListingNumber, read back by parse);

/// Compares byte by byte: `d` a digit, `a` a digit or capital, `k` the kind R or F, else itself.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, class)| match class {
            b'd' => byte.is_ascii_digit(),
            b'a' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            b'k' => byte == b'R' || byte == b'F',
            itself => byte == itself,
        })
}

fn year(digits: &str) -> i16 {
    digits.parse().expect("four digits by construction")
}

fn refused(reason: &'static Reason) -> Failure {
    Failure::new(reason)
}
