//! When the registry is asked to grant, and for what.
#![allow(clippy::unwrap_used, reason = "tests")]

use jiff::civil::date;
use uuid::Uuid;

use super::*;

const LAST_ON: Date = date(2022, 10, 9);
const DUE_ON: Date = date(2022, 10, 10);

fn publicised() -> Recognition {
    let figures = Institution { projects_brokered: 6, staff: 10, transfer_staff: 6 };
    Recognition {
        id: RecognitionId::new(Uuid::from_u128(1)),
        applicant: Uscc::parse("91420111MA4KXA0264").unwrap(),
        subject: Subject::Institution(Level::Municipal, figures),
        applied_on: date(2022, 6, 1),
        recommended_on: Some(date(2022, 6, 10)),
        reviewed: Some((date(2022, 7, 1), Vec::new())),
        publicity: Some(Publicity { posted_on: date(2022, 9, 28), last_on: LAST_ON }),
        grant: None,
        recognised: None,
        version: 4,
    }
}

fn grant(request: u128, number: &str, on: Date) -> Grant {
    let request = RequestId::new(Uuid::from_u128(request));
    Grant { request, number: number.to_owned(), batch_no: 0, on }
}

#[test]
fn a_grant_is_laid_down_when_the_publicity_is_over() {
    let early = publicised().lay_down(grant(1, "A", LAST_ON)).unwrap_err();
    assert_eq!(early.reason().name, "PUBLICITY_NOT_OVER");
    assert_eq!(publicised().lay_down(grant(1, "A", DUE_ON)), Ok(grant(1, "A", DUE_ON)));
    let reviewed = Recognition { publicity: None, ..publicised() };
    let refused = reviewed.lay_down(grant(1, "A", DUE_ON)).unwrap_err();
    assert_eq!(refused.reason().name, "STATE_NOT_ALLOWED");
}

#[test]
fn what_is_not_settled_is_taken_up_as_it_was_laid_down() {
    let first = grant(1, "A", DUE_ON);
    let open = Recognition { grant: Some(first.clone()), ..publicised() };
    let later = date(2022, 10, 12);
    assert_eq!(open.lay_down(grant(2, "A", later)), Ok(first));
    let others =
        [(grant(2, "B", later), "number"), (Grant { batch_no: 1, ..grant(2, "A", later) }, "batch_no")];
    for (other, field) in others {
        let refused = open.lay_down(other).unwrap_err();
        assert_eq!((refused.reason().name, refused.field()), ("GRANT_UNSETTLED", Some(field)));
        // What it waits for.
        assert_eq!(refused.details()["number"], "A");
        assert_eq!(refused.details()["batch_no"], "0");
        assert!(refused.text_zh().contains("（A）或批次（0）"), "{}", refused.text_zh());
        assert!(refused.text_en().contains("(A) or batch (0)"), "{}", refused.text_en());
    }
}

#[test]
fn what_is_recognised_is_not_laid_down_again() {
    let qualification = QualificationId::new(Uuid::from_u128(9));
    let recognised = publicised().recognise(qualification, DUE_ON).unwrap();
    assert_eq!((recognised.state(), recognised.version), (State::Recognised, 5));
    assert!(!recognised.is_open());
    let again = recognised.lay_down(grant(2, "A", DUE_ON)).unwrap_err();
    assert_eq!(again.reason().name, "STATE_NOT_ALLOWED");
}
