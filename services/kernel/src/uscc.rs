//! The unified social credit code (统一社会信用代码, USCC) of GB 32100, with the organisation code
//! (组织机构代码) of GB 11714 inside.

use std::collections::BTreeSet;

use crate::area::AreaCode;
use crate::failure::Failure;
use crate::reason;
use crate::text::{ascii, text_form};

/// The characters of GB 32100 in the order of their values 0 to 30: no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of 3 modulo 31 for positions 1 to 17.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714 weights for the eight characters at positions 9 to 16.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Value of each ASCII byte in the alphabet; 255 for what is not in it.
const VALUES: [u8; 128] = {
    let mut values = [u8::MAX; 128];
    let mut index = 0;
    while index < ALPHABET.len() {
        values[ALPHABET[index] as usize] = index as u8;
        index += 1;
    }
    values
};

/// 18 characters: authority 1, category 1, area 6, organisation code 9, check character 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc([u8; 18]);

/// Which codes are taken although their check characters are wrong: some lawful early ones are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsccRules {
    /// Codes that skip both check characters, never the format.
    pub lawful_exceptions: BTreeSet<String>,
}

impl UsccRules {
    /// Reads a code, the listed exceptions included.
    pub fn parse(&self, text: &str) -> Result<Uscc, Failure> {
        match self.lawful_exceptions.contains(text) {
            true => Uscc::from_stored(text),
            false => Uscc::parse(text),
        }
    }
}

impl Uscc {
    /// Reads a code: format, then the check character (outer mod 31), then that of the organisation
    /// code.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let code = Self::from_stored(text)?;
        let refused = Failure::new(&reason::USCC_CHECK_DIGIT);
        let expected = code.expected_check();
        if code.0[17] != expected {
            return Err(refused.with("expected", char::from(expected)));
        }
        let expected = code.expected_organisation_check();
        if code.0[16] != expected {
            return Err(refused.with("organisation_expected", char::from(expected)));
        }
        Ok(code)
    }

    /// Reads back a code that was accepted when it was recorded: the format alone, since it may be
    /// a lawful exception.
    pub fn from_stored(text: &str) -> Result<Self, Failure> {
        let refused = |fault| Failure::new(&reason::USCC_FORMAT).with("fault", fault);
        let code = <[u8; 18]>::try_from(text.as_bytes()).map_err(|_| refused("LENGTH"))?;
        if code.iter().any(u8::is_ascii_lowercase) {
            return Err(refused("LOWER_CASE"));
        }
        if code.iter().any(|byte| value(*byte).is_none()) {
            return Err(refused("ALPHABET"));
        }
        match code[2..8].iter().all(u8::is_ascii_digit) {
            true => Ok(Self(code)),
            false => Err(refused("AREA")),
        }
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Authority and category: `91` enterprise, `12` public institution, `11` organ.
    pub fn prefix2(&self) -> &str {
        ascii(&self.0[..2])
    }

    /// The area of registration.
    pub fn area(&self) -> AreaCode {
        AreaCode::parse(ascii(&self.0[2..8])).expect("six digits by construction")
    }

    /// The nine characters of the organisation code.
    pub fn organisation_code(&self) -> &str {
        ascii(&self.0[8..17])
    }

    /// The last character.
    pub fn check_char(&self) -> char {
        char::from(self.0[17])
    }

    fn expected_check(&self) -> u8 {
        let sum: u32 =
            self.0.iter().zip(WEIGHTS).map(|(byte, weight)| u32::from(digit(*byte)) * weight).sum();
        // The outer modulus matters: with a sum divisible by 31 the check character is 0.
        ALPHABET[((31 - sum % 31) % 31) as usize]
    }

    fn expected_organisation_check(&self) -> u8 {
        let sum: u32 = self.0[8..16]
            .iter()
            .zip(ORGANISATION_WEIGHTS)
            .map(|(byte, weight)| (char::from(*byte).to_digit(36).unwrap_or(0)) * weight)
            .sum();
        b"0123456789X0"[(11 - sum % 11) as usize]
    }
}

text_form!(Uscc, read back by from_stored);

fn value(byte: u8) -> Option<u8> {
    VALUES.get(usize::from(byte)).copied().filter(|value| *value != u8::MAX)
}

fn digit(byte: u8) -> u8 {
    value(byte).expect("in the alphabet by construction")
}
