//! Passports (护照): a person's key is nationality and number; renewals change the number, so the
//! person's own id stands beside it.

use std::fmt;

use crate::failure::Failure;
use crate::reason;

/// Nationality and number of a passport. Debug output hides the number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Passport {
    nationality: String,
    number: String,
}

impl Passport {
    /// Reads an ISO 3166-1 alpha-3 nationality and 1 to 9 capitals or digits (ICAO 9303). The
    /// machine-readable check digit is never asked of typed input.
    pub fn parse(nationality: &str, number: &str) -> Result<Self, Failure> {
        if nationality.len() != 3 || !nationality.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(Failure::new(&reason::PASSPORT_FORMAT).with("fault", "NATIONALITY"));
        }
        let sound = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        match (1..=9).contains(&number.len()) && number.bytes().all(sound) {
            true => Ok(Self { nationality: nationality.to_owned(), number: number.to_owned() }),
            false => Err(Failure::new(&reason::PASSPORT_FORMAT).with("fault", "NUMBER")),
        }
    }

    /// ISO 3166-1 alpha-3 code of the issuing state.
    pub fn nationality(&self) -> &str {
        &self.nationality
    }

    /// The number: personal data, never for a log.
    pub fn number(&self) -> &str {
        &self.number
    }
}

impl fmt::Debug for Passport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passport").field("nationality", &self.nationality).finish_non_exhaustive()
    }
}

/// Check digit of a field of the machine-readable zone: weights 7, 3, 1 modulo 10, `<` counts 0.
/// `None` for a character that the zone cannot hold.
pub fn mrz_check_digit(field: &str) -> Option<u8> {
    let values = field.bytes().map(|byte| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        b'<' => Some(0),
        _ => None,
    });
    let sum = values
        .zip([7, 3, 1].into_iter().cycle())
        .try_fold(0u32, |sum, (value, weight)| value.map(|value| (sum + value * weight) % 10))?;
    u8::try_from(sum).ok()
}
