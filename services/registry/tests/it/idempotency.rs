//! The same request gets the same answer, whatever happened since.

use canopy_kernel::{Role, reason};
use canopy_proto::common::v1::ListRefusalsRequest;
use canopy_proto::registry::v1 as pb;
use prost::Message;

use crate::refusal::{refused, row_refused};
use crate::rows::{account, code, firm, listing, qualification, title};
use crate::suite::{Suite, id, person};

#[tokio::test]
async fn the_same_file_sent_twice_changes_nothing_and_gets_the_same_answers() {
    let suite = Suite::start().await;
    let mut bad = firm(2);
    bad.uscc = "91350203M0001QAY9B".to_owned();
    let firms = vec![firm(1), bad, firm(1), firm(3)];
    let grants = vec![
        qualification(1, "HNTE", "GR202242000001", "2022-10-12"),
        qualification(2, "HNTE", "GR202242000002", "2022-10-12"),
    ];
    let first = (suite.enter(firms.clone()).await, suite.grant(grants.clone()).await);
    let before = suite.tables().await;
    // Meanwhile firm 2 entered, and the refused row about it still gets its first answer.
    let again = (suite.enter(firms).await, suite.grant(grants).await);
    assert_eq!(suite.tables().await, before);
    for (first, again) in first.0.iter().chain(&first.1).zip(again.0.iter().chain(&again.1)) {
        assert!(again.repeated_answer && !first.repeated_answer);
        assert_eq!((&again.name, &again.refusal), (&first.name, &first.refusal));
    }
    suite.close().await;
}

#[tokio::test]
async fn a_row_id_with_another_body_is_refused_and_other_rows_go_on() {
    let suite = Suite::start().await;
    let taken = firm(1);
    suite.enter(vec![taken.clone()]).await;
    let other = pb::EnterpriseRow { staff: 8, ..taken };
    let results = suite.enter(vec![other, firm(2)]).await;
    row_refused(&results[0], &reason::REQUEST_ID_REUSED, "request_id");
    assert!(results[1].refusal.is_none());
    suite.close().await;
}

#[tokio::test]
async fn a_write_is_answered_with_the_same_bytes_and_another_body_is_refused() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let mut registrar = suite.subjects(Role::Registrar);
    let change = pb::ChangeSubjectStatusRequest {
        request_id: id(),
        uscc: code(1),
        status: pb::SubjectStatus::MovedOut.into(),
        effective_on: "2022-09-01".to_owned(),
        ..Default::default()
    };
    let first = registrar.change_subject_status(change.clone()).await.unwrap().into_inner();
    let back = pb::ChangeSubjectStatusRequest {
        request_id: id(),
        status: pb::SubjectStatus::Active.into(),
        effective_on: "2022-10-01".to_owned(),
        ..change.clone()
    };
    registrar.change_subject_status(back).await.unwrap();
    let before = suite.tables().await;
    let again = registrar.change_subject_status(change.clone()).await.unwrap().into_inner();
    assert_eq!(again.encode_to_vec(), first.encode_to_vec());
    let other = pb::ChangeSubjectStatusRequest { reason: "改".to_owned(), ..change.clone() };
    refused(registrar.change_subject_status(other).await, &reason::REQUEST_ID_REUSED, "request_id");
    assert_eq!(suite.tables().await, before);
    // The key is the caller's own: another person's request with that id is another request.
    let mut li = pb::subject_service_client::SubjectServiceClient::new(
        suite.calls(&person("li", Role::Registrar), None),
    );
    refused(li.change_subject_status(change).await, &reason::STATUS_DATE_ORDER, "effective_on");
    suite.close().await;
}

#[tokio::test]
async fn an_answer_with_personal_data_is_repeated_whole() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let mut registrar = suite.subjects(Role::Registrar);
    let correct = pb::CorrectPaymentAccountRequest {
        request_id: id(),
        uscc: code(1),
        effective_on: "2022-10-12".to_owned(),
        account: Some(account(&title(1))),
        ..Default::default()
    };
    let first = registrar.correct_payment_account(correct.clone()).await.unwrap().into_inner();
    assert_eq!(first.data.as_ref().unwrap().account_name, title(1));
    let again = registrar.correct_payment_account(correct).await.unwrap().into_inner();
    assert_eq!(again.encode_to_vec(), first.encode_to_vec());
    suite.close().await;
}

#[tokio::test]
async fn a_refusal_is_stored_repeated_word_for_word_and_listed() {
    let suite = Suite::start().await;
    suite.list(listing("L-1", 1, "2022-03-10")).await;
    let mut authority = suite.credit(Role::CreditAuthority);
    let again = listing("L-1", 2, "2022-04-10");
    let first = authority.record_listing(again.clone()).await.unwrap_err();
    let repeated = authority.record_listing(again.clone()).await.unwrap_err();
    assert_eq!(first.details(), repeated.details());
    refused::<tonic::Response<()>>(Err(repeated), &reason::DUPLICATE_LISTING, "listing_no");
    let unknown = pb::ApplyForRepairRequest {
        request_id: id(),
        listing_no: "L-2".to_owned(),
        applied_on: "2022-06-10".to_owned(),
        ..Default::default()
    };
    authority.apply_for_repair(unknown.clone()).await.unwrap_err();
    // What was refused stays refused under its id, even when it would pass now.
    suite.list(listing("L-2", 1, "2022-03-10")).await;
    refused(authority.apply_for_repair(unknown).await, &reason::UNKNOWN_LISTING, "listing_no");

    let mut bad = firm(2);
    bad.area_code = "x".to_owned();
    suite.enter(vec![bad]).await;
    let request = ListRefusalsRequest::default();
    let refusals =
        suite.operations(Role::Operator).list_refusals(request).await.unwrap().into_inner().refusals;
    let told: Vec<_> = refusals.iter().map(|it| (it.external_ref.as_str(), it.request_id.clone())).collect();
    assert_eq!(told.len(), 3);
    assert_eq!(told[0], ("credit.csv:L-1", again.request_id));
    assert_eq!(told[2].0, "enterprises.csv:2");
    suite.close().await;
}

#[tokio::test]
async fn a_write_without_an_id_is_refused_and_a_check_alone_leaves_nothing() {
    let suite = Suite::start().await;
    let mut authority = suite.credit(Role::CreditAuthority);
    let nameless = pb::RecordListingRequest { request_id: String::new(), ..listing("L-1", 1, "2022-03-10") };
    refused(authority.record_listing(nameless).await, &reason::REQUEST_ID_MISSING, "request_id");
    let check = pb::RecordListingRequest { validate_only: true, ..listing("L-1", 1, "2022-03-10") };
    let checked = authority.record_listing(check.clone()).await.unwrap().into_inner();
    assert_eq!(checked.listing_no, "L-1");
    assert_eq!(suite.count("select count(*) from registry.credit_listing").await, 0);
    assert_eq!(suite.count("select count(*) from platform.idempotency").await, 0);
    let real = pb::RecordListingRequest { validate_only: false, ..check };
    authority.record_listing(real).await.unwrap();
    suite.close().await;
}
