//! Worked examples of the one-level rule.

use canopy_kernel::Uscc;
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use QualificationLevel::{Municipal, National, Provincial};

fn grant(level: Option<QualificationLevel>, number: &str, granted_on: Option<Date>) -> Grant {
    Grant {
        holder: Uscc::parse("91420111MA4KXA0264").unwrap(),
        kind: "TRANSFER_INSTITUTION".to_owned(),
        level,
        tier: 0,
        number: number.to_owned(),
        granted_on,
        expires_on: None,
        first_recognition: true,
        assessment: None,
        batch_no: 0,
        revoked_on: None,
    }
}

fn admit(held: &mut Held, grant: Grant) -> Result<(), Failure> {
    let id = Uuid::from_u128(1 + held.rows.len() as u128);
    held.admit(QualificationId::new(id), SubjectId::new(Uuid::from_u128(99)), grant)
}

fn recorded(grants: &[Grant]) -> Held {
    let mut held = Held::default();
    for grant in grants {
        admit(&mut held, grant.clone()).unwrap();
    }
    Held::new(held.rows)
}

#[test]
fn a_higher_level_ends_the_lower_from_its_own_day() {
    let mut held = recorded(&[grant(Some(Municipal), "SHI-1", Some(date(2016, 12, 4)))]);
    admit(&mut held, grant(Some(Provincial), "S-1", Some(date(2022, 4, 18)))).unwrap();
    let ended: Vec<_> = held.ended().collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].superseded_on, Some(date(2022, 4, 18)));
    assert_eq!(ended[0].version, 2);
    assert!(ended[0].is_live_on(date(2022, 4, 17)));
    assert!(!ended[0].is_live_on(date(2022, 4, 18)));
    assert!(held.taken()[0].is_live_on(date(2022, 4, 18)));
}

#[test]
fn a_municipal_grant_beside_a_higher_level_is_refused_until_that_is_revoked() {
    let provincial = grant(Some(Provincial), "S-1", Some(date(2017, 7, 20)));
    let municipal = |day| grant(Some(Municipal), "SHI-1", Some(day));
    let refused =
        admit(&mut recorded(std::slice::from_ref(&provincial)), municipal(date(2022, 8, 25))).unwrap_err();
    assert_eq!(refused.reason(), &reason::HIGHER_LEVEL_HELD);
    assert!(admit(&mut recorded(std::slice::from_ref(&provincial)), municipal(date(2017, 7, 20))).is_err());
    let revoked = Grant { revoked_on: Some(date(2022, 1, 1)), ..provincial.clone() };
    assert!(admit(&mut recorded(std::slice::from_ref(&revoked)), municipal(date(2022, 1, 1))).is_ok());
    assert!(admit(&mut recorded(&[revoked]), municipal(date(2021, 12, 31))).is_err());
    // Granted before the higher one: that was an upgrade, told late.
    let mut late = recorded(&[provincial]);
    admit(&mut late, municipal(date(2017, 7, 19))).unwrap();
    assert_eq!(late.taken()[0].superseded_on, Some(date(2017, 7, 20)));
    assert_eq!(late.ended().count(), 0);
}

#[test]
fn a_number_is_recorded_once_and_a_refused_row_takes_no_number() {
    let mut held = recorded(&[grant(Some(National), "G-1", Some(date(2014, 10, 18)))]);
    let municipal = grant(Some(Municipal), "SHI-1", Some(date(2022, 8, 25)));
    assert_eq!(admit(&mut held, municipal).unwrap_err().reason(), &reason::HIGHER_LEVEL_HELD);
    admit(&mut held, grant(Some(Provincial), "SHI-1", Some(date(2022, 8, 26)))).unwrap();
    let again = grant(Some(National), "SHI-1", Some(date(2022, 9, 1)));
    assert_eq!(admit(&mut held, again).unwrap_err().reason(), &reason::DUPLICATE_QUALIFICATION);
    assert_eq!(held.taken().len(), 1);
}

#[test]
fn two_steps_in_one_piece_end_each_lower_level_once() {
    let mut held = Held::default();
    admit(&mut held, grant(Some(Municipal), "1", Some(date(2018, 1, 1)))).unwrap();
    admit(&mut held, grant(Some(Provincial), "2", Some(date(2020, 1, 1)))).unwrap();
    admit(&mut held, grant(Some(National), "3", Some(date(2022, 1, 1)))).unwrap();
    let ends: Vec<_> = held.taken().iter().map(|it| it.superseded_on).collect();
    assert_eq!(ends, [Some(date(2020, 1, 1)), Some(date(2022, 1, 1)), None]);
    assert_eq!(held.ended().count(), 0);
}

#[test]
fn kinds_without_levels_and_applications_end_nothing() {
    let mut held = recorded(&[grant(None, "1", Some(date(2020, 1, 1)))]);
    admit(&mut held, grant(None, "2", Some(date(2021, 1, 1)))).unwrap();
    assert_eq!(held.ended().count(), 0);
    let mut held = recorded(&[grant(Some(Municipal), "1", Some(date(2020, 1, 1)))]);
    admit(&mut held, grant(Some(National), "2", None)).unwrap();
    assert_eq!(held.ended().count(), 0);
    assert!(!held.taken()[0].is_live_on(date(2030, 1, 1)));
}
