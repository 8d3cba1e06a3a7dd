//! Callers and the proofs of their decisions.

use std::collections::BTreeSet;

use canopy_kernel::actor::{authorize, may_act_for, require_distinct};
use canopy_kernel::{Actor, Role, Uscc, reason};

fn actor(roles: &[Role]) -> Actor {
    Actor {
        issuer: "issuer".to_owned(),
        agency: "st-bureau".to_owned(),
        system: "payout".to_owned(),
        person: Some("zhang".to_owned()),
        assurance: "high".to_owned(),
        represented: None,
        roles: roles.iter().copied().collect::<BTreeSet<_>>(),
        purpose: None,
    }
}

#[test]
fn a_holder_of_the_role_may_decide_and_the_proof_says_who() {
    let proof =
        authorize(&actor(&[Role::StBureau]), &[Role::FinanceBureau, Role::StBureau], "confirm").unwrap();
    assert_eq!(proof.actor().person.as_deref(), Some("zhang"));
    assert_eq!(*proof.decision(), "confirm");
}

#[test]
fn an_operator_takes_no_business_decision() {
    for role in [Role::Operator, Role::Auditor] {
        let failure = authorize(&actor(&[role]), &[Role::StBureau], "confirm").unwrap_err();
        assert_eq!(failure.reason(), &reason::ROLE_NOT_ALLOWED);
        assert_eq!(failure.details()["roles"], "ST_BUREAU");
    }
    assert!(authorize(&actor(&[Role::StBureau]), &[], "confirm").is_err());
}

#[test]
fn maker_and_approver_are_two_named_persons() {
    let eyes = require_distinct("zhang", "li").unwrap();
    assert_eq!((eyes.maker(), eyes.approver()), ("zhang", "li"));
    for (maker, approver) in [("zhang", "zhang"), ("zhang", " zhang "), ("", "li"), ("zhang", " ")] {
        let failure = require_distinct(maker, approver).unwrap_err();
        assert_eq!(failure.reason(), &reason::MAKER_IS_APPROVER, "{maker:?} {approver:?}");
    }
}

#[test]
fn an_enterprise_acts_for_the_code_it_represents_alone() {
    let own = Uscc::parse("91420111MA4KXA0264").unwrap();
    let other = Uscc::parse("91420100MA4KXA018B").unwrap();
    let firm = Actor { represented: Some(own), ..actor(&[Role::Enterprise]) };
    assert_eq!(may_act_for(&firm, own), Ok(()));
    assert_eq!(may_act_for(&firm, other).unwrap_err().reason(), &reason::NOT_REPRESENTED);
    let unbound = actor(&[Role::Enterprise]);
    assert_eq!(may_act_for(&unbound, own).unwrap_err().reason(), &reason::NOT_REPRESENTED);
    let both = Actor { represented: Some(own), ..actor(&[Role::Enterprise, Role::StBureau]) };
    assert!(may_act_for(&both, other).is_err());
    assert_eq!(may_act_for(&actor(&[Role::StBureau]), other), Ok(()));
}

#[test]
fn two_callers_never_share_a_key() {
    let key = |agency: &str, system: &str, person: Option<&str>| {
        Actor {
            agency: agency.to_owned(),
            system: system.to_owned(),
            person: person.map(str::to_owned),
            ..actor(&[])
        }
        .caller_key()
    };
    assert_eq!(key("st-bureau", "payout", Some("zhang")), "st-bureau/payout/zhang");
    let keys = [
        key("a", "b", None),
        key("a/b", "", None),
        key("a", "b/", None),
        key("a%2Fb", "", None),
        key("a", "b", Some("c")),
        key("a", "b/c", None),
    ];
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
}

#[test]
fn every_role_is_known_by_its_name() {
    for role in Role::ALL {
        assert_eq!(Role::from_name(role.as_str()), Some(*role));
    }
    assert_eq!(Role::ALL.len(), 29);
    assert_eq!(Role::from_name("st_bureau"), None);
}
