//! The achievement registration number (成果登记号): body code 3, year 4, `Y`, serial 4 (domain rules §1.1).

use canopy_kernel::{Failure, reason};

/// Refuses a number of another form; none is allowed.
pub fn require_form(number: &str) -> Result<(), Failure> {
    let bytes = number.as_bytes();
    let body = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    let sound = bytes.len() == 12
        && bytes[..3].iter().all(body)
        && bytes[3..7].iter().all(u8::is_ascii_digit)
        && bytes[7] == b'Y'
        && bytes[8..].iter().all(u8::is_ascii_digit);
    match number.is_empty() || sound {
        true => Ok(()),
        false => Err(Failure::new(&reason::REGISTRATION_NUMBER_FORMAT).on("registration_no")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_form_or_is_none() {
        for sound in ["", "5912021Y0322", "0A12022Y0001"] {
            assert!(require_form(sound).is_ok(), "{sound}");
        }
        for bad in
            ["4202022Y001", "0a12022Y0001", "0012022X0001", "5912021Y03222", "591202AY0322", "成2022Y0001"]
        {
            assert!(require_form(bad).is_err(), "{bad}");
        }
    }
}
