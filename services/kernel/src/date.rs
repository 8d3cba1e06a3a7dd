//! Days and instants in their wire form: `YYYY-MM-DD` and RFC 3339.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::failure::Failure;
use crate::reason;

/// Reads `YYYY-MM-DD`, exactly.
pub fn parse(text: &str) -> Result<Date, Failure> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let day = if shaped { text.parse().ok() } else { None };
    day.ok_or_else(|| Failure::new(&reason::DATE_FORMAT).with("value", text))
}

/// Reads an instant with its offset, such as `2022-09-14T17:30:00+08:00`.
pub fn parse_instant(text: &str) -> Result<Timestamp, Failure> {
    text.parse().map_err(|_| Failure::new(&reason::INSTANT_FORMAT).with("value", text))
}
