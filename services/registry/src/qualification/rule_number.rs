//! Numbers of qualifications (`RULES.md` R6): the national kinds have a printed form, the others any text.

use canopy_kernel::{Failure, HnteNumber, SmeListingNumber, reason};

/// Kind of a high-tech enterprise certificate (高新技术企业).
const HNTE: &str = "HNTE";
/// Kind of a listed science and technology SME (科技型中小企业).
const TECH_SME: &str = "TECH_SME";

/// Refuses a number that its kind cannot have.
pub fn require_form(kind: &str, number: &str) -> Result<(), Failure> {
    let read = match kind {
        HNTE => HnteNumber::parse(number).map(drop),
        TECH_SME => SmeListingNumber::parse(number).map(drop),
        _ => Ok(()),
    };
    read.map_err(|failure| failure.on("number"))
}

/// Refuses a kind that is not a word of capitals, digits and underscores.
pub fn require_word(kind: &str) -> Result<(), Failure> {
    let sound = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    match kind.starts_with(|first: char| first.is_ascii_uppercase()) && kind.bytes().all(sound) {
        true => Ok(()),
        false => Err(Failure::new(&reason::FIELD_INVALID).on("kind").with("rule", "A-Z, 0-9, _")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_kinds_have_a_form_and_the_others_any_number() {
        assert!(require_form(HNTE, "GR202242000001").is_ok());
        assert_eq!(
            require_form(HNTE, "GX202242000001").unwrap_err().reason(),
            &reason::CERTIFICATE_NUMBER_FORMAT
        );
        assert!(require_form(TECH_SME, "202242010500000001").is_ok());
        assert_eq!(
            require_form(TECH_SME, "20224201050000001").unwrap_err().reason(),
            &reason::LISTING_NUMBER_FORMAT
        );
        assert!(require_form("CONVERSION_CENTRE", "任意-1").is_ok());
    }

    #[test]
    fn a_kind_is_a_word() {
        assert!(require_word("MAKER_SPACE_NATIONAL").is_ok());
        for kind in ["", "hnte", "HN TE", "_A", "1A"] {
            assert!(require_word(kind).is_err(), "{kind}");
        }
    }
}
