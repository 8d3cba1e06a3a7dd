//! Pages of a list, as AIP-158 has them.

use crate::failure::Failure;
use crate::reason;

/// How many rows a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// Reads what the caller asked for: 0 is the default, more than the maximum is the maximum,
    /// below zero is refused.
    pub fn parse(asked: i32, default: u32, max: u32) -> Result<Self, Failure> {
        match u32::try_from(asked) {
            Ok(0) => Ok(Self(default.min(max))),
            Ok(size) => Ok(Self(size.min(max))),
            Err(_) => Err(Failure::new(&reason::PAGE_SIZE_INVALID).on("page_size").with("value", asked)),
        }
    }

    /// The number of rows.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl From<PageSize> for u32 {
    fn from(size: PageSize) -> u32 {
        size.0
    }
}

/// Which page is asked for: its size, and where the last one ended. `T` is the token, as text from
/// the caller or as the place it stands for once it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T = String> {
    /// Number of rows.
    pub size: u32,
    /// Where the last page ended; `None` for the first page.
    pub token: Option<T>,
}
