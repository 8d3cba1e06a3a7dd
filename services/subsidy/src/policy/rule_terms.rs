//! What a policy must state before it can be written down: a served source, ordered windows and a definite amount
//! (RULES.md R1).

use canopy_kernel::{Failure, Fen, reason};
use jiff::civil::Date;

use super::model::{AmountRule, EvidenceSource, RequiredQualification, Terms};

/// What a source of qualifications is called before its kind.
const QUALIFICATION: &str = "QUALIFICATION:";

/// Reads `QUALIFICATION:<kind>`; other sources are not served.
pub fn evidence_source(text: &str) -> Result<EvidenceSource, Failure> {
    match text.strip_prefix(QUALIFICATION).map(str::trim) {
        Some(kind) if !kind.is_empty() => Ok(EvidenceSource { qualification_kind: kind.to_owned() }),
        _ => Err(Failure::new(&reason::EVIDENCE_SOURCE_NOT_SERVED)
            .on("terms.evidence_source")
            .with("evidence_source", text)),
    }
}

/// The same as text.
pub fn evidence_text(source: &EvidenceSource) -> String {
    format!("{QUALIFICATION}{}", source.qualification_kind)
}

/// A window of days; the first is not after the last.
pub fn window(fields: [&str; 2], first: Date, last: Date) -> Result<(), Failure> {
    match first <= last {
        true => Ok(()),
        false => Err(Failure::new(&reason::FIELD_INVALID)
            .on(fields[1])
            .with("rule", format!("not before {}", fields[0]))),
    }
}

/// The four amounts as they are stated, of which the kind needs some.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatedAmounts {
    /// For a first recognition, or the fixed amount.
    pub first: Fen,
    /// For a renewed recognition.
    pub repeat: Fen,
    /// For tier 1.
    pub tier1: Fen,
    /// For tier 2.
    pub tier2: Fen,
}

/// Kinds of amount rules that a policy may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountKind {
    /// By recognition.
    ByRecognition,
    /// The same for everyone.
    Fixed,
    /// By tier.
    ByTier,
}

/// The amount rule of that kind. An amount of zero gives nothing to those whom it concerns, but not all that the
/// kind uses may be zero ("definite amount").
pub fn amount_rule(kind: AmountKind, stated: StatedAmounts) -> Result<AmountRule, Failure> {
    let StatedAmounts { first, repeat, tier1, tier2 } = stated;
    let (rule, used, field) = match kind {
        AmountKind::ByRecognition => {
            (AmountRule::ByRecognition { first, repeat }, [first, repeat], "terms.fixed_first_fen")
        }
        AmountKind::Fixed => (AmountRule::Fixed(first), [first, first], "terms.fixed_first_fen"),
        AmountKind::ByTier => (AmountRule::ByTier { tier1, tier2 }, [tier1, tier2], "terms.tier1_fen"),
    };
    match used.iter().all(|amount| amount.is_zero()) {
        false => Ok(rule),
        true => Err(Failure::new(&reason::FIELD_INVALID).on(field).with("rule", "above zero")),
    }
}

/// What must be live; an assessment can be asked for only where a qualification is.
pub fn required(kind: &str, must_pass: bool) -> Result<Option<RequiredQualification>, Failure> {
    match (kind.is_empty(), must_pass) {
        (false, must_pass) => Ok(Some(RequiredQualification { kind: kind.to_owned(), must_pass })),
        (true, false) => Ok(None),
        (true, true) => Err(Failure::new(&reason::FIELD_INVALID)
            .on("terms.requires_pass")
            .with("rule", "needs terms.requires_live")),
    }
}

/// The amounts of a rule as the columns hold them.
pub fn stated(rule: AmountRule) -> StatedAmounts {
    match rule {
        AmountRule::ByRecognition { first, repeat } => {
            StatedAmounts { first, repeat, ..StatedAmounts::default() }
        }
        AmountRule::Fixed(first) => StatedAmounts { first, ..StatedAmounts::default() },
        AmountRule::ByTier { tier1, tier2 } => StatedAmounts { tier1, tier2, ..StatedAmounts::default() },
    }
}

/// Checks both windows of the terms.
pub fn check_windows(terms: &Terms) -> Result<(), Failure> {
    window(["terms.valid_from", "terms.valid_to"], terms.valid_from, terms.valid_to)?;
    window(["terms.award_from", "terms.award_to"], terms.award_from, terms.award_to)
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;

    use super::*;

    /// The terms of the high-tech reward in the shape of the 2021 notice.
    pub(crate) fn terms() -> Terms {
        Terms {
            code: "HNTE".to_owned(),
            title: "高新技术企业培育奖励".to_owned(),
            doc_no: "武科规〔2021〕3号".to_owned(),
            valid_from: date(2021, 1, 1),
            valid_to: date(2023, 12, 31),
            evidence: EvidenceSource { qualification_kind: "HNTE".to_owned() },
            award_from: date(2022, 1, 1),
            award_to: date(2022, 7, 31),
            amount: AmountRule::ByRecognition { first: fen(10_000_000), repeat: fen(5_000_000) },
            cap: None,
            requires: Some(RequiredQualification { kind: "HNTE".to_owned(), must_pass: false }),
            excluded_host_prefix: None,
            beneficiary_rule: String::new(),
            amount_rule: String::new(),
            budget_line: "BL01".to_owned(),
            publicity_working_days: 5,
        }
    }

    pub(crate) fn fen(amount: i64) -> Fen {
        Fen::new(amount).unwrap()
    }

    fn stated_all() -> StatedAmounts {
        StatedAmounts { first: fen(4), repeat: fen(3), tier1: fen(2), tier2: fen(1) }
    }

    #[test]
    fn a_source_of_qualifications_names_its_kind() {
        assert_eq!(evidence_source("QUALIFICATION:HNTE").unwrap().qualification_kind, "HNTE");
        assert_eq!(evidence_text(&evidence_source("QUALIFICATION:HNTE").unwrap()), "QUALIFICATION:HNTE");
    }

    #[test]
    fn another_source_is_not_served() {
        for text in ["EVIDENCE", "CONTRACTS", "QUALIFICATION:", "QUALIFICATION: ", "qualification:HNTE", ""] {
            let failure = evidence_source(text).unwrap_err();
            assert_eq!(failure.reason().name, "EVIDENCE_SOURCE_NOT_SERVED", "{text}");
            assert_eq!(failure.field(), Some("terms.evidence_source"));
        }
    }

    #[test]
    fn a_window_may_be_one_day_and_not_end_before_it_begins() {
        let fields = ["terms.award_from", "terms.award_to"];
        assert_eq!(window(fields, date(2022, 1, 1), date(2022, 1, 1)), Ok(()));
        let failure = window(fields, date(2022, 1, 2), date(2022, 1, 1)).unwrap_err();
        assert_eq!((failure.reason().name, failure.field()), ("FIELD_INVALID", Some("terms.award_to")));
    }

    #[test]
    fn each_kind_of_amount_needs_one_of_its_own_amounts() {
        let cases = [
            (
                AmountKind::ByRecognition,
                StatedAmounts { first: Fen::ZERO, repeat: Fen::ZERO, ..stated_all() },
            ),
            (AmountKind::Fixed, StatedAmounts { first: Fen::ZERO, ..stated_all() }),
            (AmountKind::ByTier, StatedAmounts { tier1: Fen::ZERO, tier2: Fen::ZERO, ..stated_all() }),
        ];
        for (kind, without) in cases {
            assert!(amount_rule(kind, stated_all()).is_ok());
            assert_eq!(amount_rule(kind, without).unwrap_err().reason().name, "FIELD_INVALID", "{kind:?}");
        }
        let no_reward_for_renewal = StatedAmounts { repeat: Fen::ZERO, ..stated_all() };
        assert!(amount_rule(AmountKind::ByRecognition, no_reward_for_renewal).is_ok());
    }

    #[test]
    fn the_amounts_of_a_rule_read_back_as_they_were_stated() {
        for kind in [AmountKind::ByRecognition, AmountKind::Fixed, AmountKind::ByTier] {
            let rule = amount_rule(kind, stated_all()).unwrap();
            assert_eq!(amount_rule(kind, stated(rule)), Ok(rule));
        }
    }

    #[test]
    fn an_assessment_is_asked_for_only_of_a_required_qualification() {
        assert_eq!(required("", false), Ok(None));
        assert!(required("STATION", true).unwrap().unwrap().must_pass);
        assert_eq!(required("", true).unwrap_err().field(), Some("terms.requires_pass"));
    }
}
