//! What the feed tells, in order, of single writes and of bulk rows.

use canopy_kernel::Role;
use canopy_proto::common::v1::{Envelope, GetFeedHeadRequest, ListAuditRecordsRequest, ListEventsRequest};
use canopy_proto::registry::v1 as pb;
use prost::Message;

use crate::rows::{account, code, credit_rules, firm, listing, qualification, title};
use crate::suite::{Suite, id};

async fn events(suite: &Suite) -> Vec<Envelope> {
    let mut feed = suite.feed();
    feed.get_feed_head(GetFeedHeadRequest { flush: true }).await.unwrap();
    let mut events = Vec::new();
    loop {
        let after_position = i64::try_from(events.len()).unwrap();
        let request = ListEventsRequest { after_position, ..Default::default() };
        let page = feed.list_events(request).await.unwrap().into_inner().events;
        if page.is_empty() {
            break;
        }
        events.extend(page);
    }
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.position, i64::try_from(index).unwrap() + 1);
    }
    events
}

fn told<M: Message + Default + prost::Name>(event: &Envelope) -> M {
    assert_eq!(event.r#type, M::full_name());
    M::decode(event.payload.as_slice()).unwrap()
}

#[tokio::test]
async fn every_change_is_told_once_with_its_day_and_version() {
    let suite = Suite::start().await;
    let rules = suite.rules(credit_rules()).await;
    let mut moved = firm(2);
    moved.status = pb::SubjectStatus::MovedOut.into();
    moved.status_changed_on = "2022-09-01".to_owned();
    suite.enter(vec![firm(1), firm(1), moved]).await;
    let lower = pb::QualificationRow {
        level: pb::QualificationLevel::Municipal.into(),
        ..qualification(1, "TRANSFER_INSTITUTION", "SHI-1", "2018-01-28")
    };
    let higher = pb::QualificationRow {
        level: pb::QualificationLevel::Provincial.into(),
        ..qualification(1, "TRANSFER_INSTITUTION", "S-1", "2022-07-01")
    };
    suite.grant(vec![lower]).await;
    suite.grant(vec![higher]).await;
    suite.list(listing("L-1", 9, "2022-03-10")).await;
    let mut registrar = suite.subjects(Role::Registrar);
    let correct = pb::CorrectPaymentAccountRequest {
        request_id: id(),
        uscc: code(1),
        effective_on: "2022-10-12".to_owned(),
        account: Some(account(&title(1))),
        ..Default::default()
    };
    registrar.correct_payment_account(correct).await.unwrap();

    let mut events = events(&suite).await;
    // Events of one transaction about different aggregates have no order among themselves.
    events[1..3].sort_by_key(|it| it.effective_on.clone());
    events[4..6].sort_by_key(|it| it.aggregate_version);
    let kinds: Vec<&str> = events.iter().map(|it| it.r#type.rsplit('.').next().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "ReferenceSetActivated",
            "SubjectChanged",
            "SubjectChanged",
            "QualificationGranted",
            "QualificationGranted",
            "QualificationEnded",
            "CreditListed",
            "PaymentAccountCorrected",
        ]
    );
    let activated: pb::ReferenceSetActivated = told(&events[0]);
    assert_eq!((activated.set.unwrap().name, activated.rows.len()), (rules, credit_rules().len()));
    let entered: pb::SubjectChanged = told(&events[1]);
    assert_eq!(events[1].effective_on, "2018-10-02");
    assert_eq!(entered.subject.unwrap().uscc, code(1));
    let moved: pb::SubjectChanged = told(&events[2]);
    assert_eq!(moved.subject.unwrap().status_since, events[2].effective_on);
    let granted: pb::QualificationGranted = told(&events[4]);
    assert_eq!(granted.qualification.unwrap().number, "S-1");
    let ended: pb::QualificationEnded = told(&events[5]);
    let ended = ended.qualification.unwrap();
    assert_eq!((ended.number.as_str(), ended.superseded_on.as_str()), ("SHI-1", "2022-07-01"));
    assert_eq!((events[5].aggregate.as_str(), events[5].aggregate_version), (ended.name.as_str(), 2));
    assert_eq!((events[5].effective_on.as_str(), events[5].agency.as_str()), ("2022-07-01", "wuhan"));
    let listed: pb::CreditListed = told(&events[6]);
    let listed = listed.listing.unwrap();
    assert_eq!((listed.listing_no.as_str(), listed.state()), ("L-1", pb::CreditListingState::Listed));
    let corrected: pb::PaymentAccountCorrected = told(&events[7]);
    assert_eq!((corrected.uscc, corrected.effective_on.as_str()), (code(1), "2022-10-12"));
    assert_eq!(events[7].aggregate_version, 2);
    suite.close().await;
}

#[tokio::test]
async fn every_row_and_write_leaves_an_audit_record_that_names_who_and_why() {
    let suite = Suite::start().await;
    suite.rules(credit_rules()).await;
    let mut names: Vec<String> =
        suite.enter(vec![firm(1), firm(2)]).await.into_iter().map(|it| it.name).collect();
    suite.list(listing("L-1", 1, "2022-03-10")).await;
    let apply = pb::ApplyForRepairRequest {
        request_id: id(),
        listing_no: "L-1".to_owned(),
        applied_on: "2022-05-10".to_owned(),
        ..Default::default()
    };
    suite.credit(Role::CreditAuthority).apply_for_repair(apply).await.unwrap();
    let request = ListAuditRecordsRequest::default();
    let records =
        suite.operations(Role::Auditor).list_audit_records(request).await.unwrap().into_inner().records;
    let told: Vec<_> = records
        .iter()
        .map(|it| (it.from_state.as_str(), it.to_state.as_str(), it.reason.as_str(), it.person.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("", "DRAFT", "RULE_PARAMETERS", "li"),
            ("DRAFT", "ACTIVE", "RULE_PARAMETERS", "wang"),
            ("", "ACTIVE", "IMPORT", "zhang"),
            ("", "ACTIVE", "IMPORT", "zhang"),
            ("", "LISTED", "", "zhang"),
            ("LISTED", "LISTED", "REPAIR_TOO_EARLY", "zhang"),
        ]
    );
    let mut aggregates = [records[2].aggregate.clone(), records[3].aggregate.clone()];
    aggregates.sort();
    names.sort();
    assert_eq!(aggregates.as_slice(), names);
    assert!(records[5].rule_version.starts_with("ref_"));
    assert_eq!(records[5].effective_on, "2022-05-10");
    suite.close().await;
}
