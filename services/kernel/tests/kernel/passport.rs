//! Passports.

use canopy_kernel::passport::mrz_check_digit;
use canopy_kernel::{Passport, reason};

#[test]
fn the_check_digits_of_the_standards_examples_come_out() {
    assert_eq!(mrz_check_digit("L898902C3"), Some(6));
    assert_eq!(mrz_check_digit("AB2134<<<"), Some(5));
}

#[test]
fn a_character_outside_the_zone_has_no_check_digit() {
    for field in ["l898902c3", "L8989 2C3", "护照"] {
        assert_eq!(mrz_check_digit(field), None, "{field}");
    }
}

#[test]
fn one_to_nine_capitals_or_digits_are_a_number() {
    for number in ["1", "L898902C3", "E12345678"] {
        let passport = Passport::parse("UTO", number).unwrap();
        assert_eq!((passport.nationality(), passport.number()), ("UTO", number));
    }
}

#[test]
fn a_malformed_passport_is_refused_with_its_fault() {
    let malformed = [
        ("UT", "L898902C3", "NATIONALITY"),
        ("UTOP", "L898902C3", "NATIONALITY"),
        ("uto", "L898902C3", "NATIONALITY"),
        ("UT0", "L898902C3", "NATIONALITY"),
        ("UTO", "", "NUMBER"),
        ("UTO", "L898902C36", "NUMBER"),
        ("UTO", "l898902c3", "NUMBER"),
        ("UTO", "L8989-2C3", "NUMBER"),
        ("UTO", "AB2134<<<", "NUMBER"),
    ];
    for (nationality, number, fault) in malformed {
        let failure = Passport::parse(nationality, number).unwrap_err();
        assert_eq!(failure.reason(), &reason::PASSPORT_FORMAT);
        assert_eq!(failure.details()["fault"], fault, "{nationality} {number}");
    }
}

#[test]
fn neither_debug_output_nor_a_refusal_shows_the_number() {
    let passport = Passport::parse("UTO", "L898902C3").unwrap();
    assert!(!format!("{passport:?}").contains("898902"));
    let failure = Passport::parse("UTO", "l898902c3").unwrap_err();
    assert!(!format!("{failure:?} {failure} {}", failure.text_zh()).contains("898902"));
}
