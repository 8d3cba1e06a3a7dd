//! Unified social credit codes. `fixtures/uscc.csv` holds invented codes; its GB 32100 verdicts are
//! those of an independent checker (python-stdnum 2.2), its GB 11714 ones of a separate script.

use std::collections::BTreeSet;

use canopy_kernel::{Uscc, UsccRules, reason};

fn refusal(text: &str) -> &'static str {
    Uscc::parse(text).unwrap_err().reason().name
}

#[test]
fn sound_codes_are_taken_and_printed_as_given() {
    let sound = [
        "124200004416255673",
        "91420100MA4KXA018B",
        "91420100MA4K001250", // the weighted sum is divisible by 31
        "91420111MA4KXA0264",
        "11420100011000014R",
        "52420100MJH000019N",
    ];
    for text in sound {
        assert_eq!(Uscc::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn a_code_shows_its_parts() {
    let code = Uscc::parse("124200004416255673").unwrap();
    assert_eq!(code.prefix2(), "12");
    assert_eq!(code.area().as_str(), "420000");
    assert_eq!(code.organisation_code(), "441625567");
    assert_eq!(code.check_char(), '3');
}

#[test]
fn a_wrong_check_character_is_refused_and_the_right_one_named() {
    for (text, expected) in [("124200004416255637", "N"), ("91350203M0001QAY9B", "9")] {
        let failure = Uscc::parse(text).unwrap_err();
        assert_eq!(failure.reason(), &reason::USCC_CHECK_DIGIT, "{text}");
        assert_eq!(failure.details()["expected"], expected, "{text}");
        assert!(failure.text_zh().contains(&format!("第18位校验码应为{expected}")), "{}", failure.text_zh());
    }
}

#[test]
fn a_wrong_organisation_code_is_refused_although_the_last_character_is_right() {
    let wrong: Vec<&str> = fixture().filter(|row| row[1..] == ["VALID", "WRONG"]).map(|row| row[0]).collect();
    assert!(wrong.len() >= 20);
    for text in wrong {
        let failure = Uscc::parse(text).unwrap_err();
        assert_eq!(failure.reason(), &reason::USCC_CHECK_DIGIT, "{text}");
        assert!(failure.details().contains_key("organisation_expected"), "{text}");
    }
}

#[test]
fn a_malformed_code_is_refused_with_its_fault() {
    let malformed = [
        ("", "LENGTH"),
        ("91420106MA4K07XG2", "LENGTH"),
        ("91420100MA4KXA018B0", "LENGTH"),
        (" 91420100MA4KXA018B", "LENGTH"),
        ("91420105ma4kgkhx2t", "LOWER_CASE"),
        ("91420106IA4K07XG2D", "ALPHABET"),
        ("91420106OA4K07XG2D", "ALPHABET"),
        ("91420106SA4K07XG2D", "ALPHABET"),
        ("91420106VA4K07XG2D", "ALPHABET"),
        ("91420106ZA4K07XG2D", "ALPHABET"),
        ("91420106MA4K07XG 2", "ALPHABET"),
        ("九142010MA4KXA018", "ALPHABET"),
        ("9142010AMA4KXA018B", "AREA"),
    ];
    for (text, fault) in malformed {
        let failure = Uscc::parse(text).unwrap_err();
        assert_eq!(failure.reason(), &reason::USCC_FORMAT, "{text}");
        assert_eq!(failure.details()["fault"], fault, "{text}");
    }
}

#[test]
fn every_reference_code_is_judged_as_the_independent_checker_does() {
    let mut judged = 0;
    for row in fixture() {
        let ours = match Uscc::parse(row[0]) {
            Ok(_) => "VALID VALID",
            Err(failure) if failure.reason() == &reason::USCC_FORMAT => "FORMAT -",
            Err(failure) if failure.details().contains_key("expected") => "CHECK",
            Err(_) => "VALID WRONG",
        };
        assert!(format!("{} {}", row[1], row[2]).starts_with(ours), "{row:?} was judged {ours}");
        judged += 1;
    }
    assert!(judged >= 200);
}

#[test]
fn a_lawful_exception_skips_both_checks_but_not_the_format() {
    let exceptions = ["91350203M0001QAY9B", "91420105ma4kgkhx2t"].map(str::to_owned);
    let rules = UsccRules { lawful_exceptions: BTreeSet::from(exceptions) };
    assert_eq!(rules.parse("91350203M0001QAY9B").unwrap().as_str(), "91350203M0001QAY9B");
    assert_eq!(rules.parse("91420105ma4kgkhx2t").unwrap_err().reason(), &reason::USCC_FORMAT);
    assert_eq!(rules.parse("124200004416255637").unwrap_err().reason(), &reason::USCC_CHECK_DIGIT);
    assert_eq!(
        UsccRules::default().parse("91350203M0001QAY9B").unwrap_err().reason(),
        &reason::USCC_CHECK_DIGIT
    );
}

#[test]
fn an_accepted_exception_is_read_back_from_where_it_was_kept() {
    let kept: Uscc = serde_json::from_str("\"91350203M0001QAY9B\"").unwrap();
    assert_eq!(serde_json::to_string(&kept).unwrap(), "\"91350203M0001QAY9B\"");
    assert!(serde_json::from_str::<Uscc>("\"91350203M0001QAY9\"").is_err());
    assert_eq!(refusal("91350203M0001QAY9B"), "USCC_CHECK_DIGIT");
}

fn fixture() -> impl Iterator<Item = [&'static str; 3]> {
    include_str!("../fixtures/uscc.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>().try_into().unwrap())
}
