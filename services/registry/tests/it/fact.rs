//! Facts: recorded once per proof, listed by day.

use canopy_kernel::{Role, reason};
use canopy_proto::registry::v1 as pb;

use crate::refusal::refused;
use crate::rows::{code, firm};
use crate::suite::{Suite, id};

fn fact(n: usize, evidence_no: &str, occurred_on: &str) -> pb::RecordFactRequest {
    pb::RecordFactRequest {
        request_id: id(),
        uscc: code(n),
        kind: "ANNUAL_SALES_FEN".to_owned(),
        value: 1_234_500,
        unit: "fen".to_owned(),
        occurred_on: occurred_on.to_owned(),
        source: "统计局".to_owned(),
        evidence_no: evidence_no.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_fact_counts_from_its_own_day_however_late_it_was_recorded() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1), firm(2)]).await;
    let mut registrar = suite.facts(Role::Registrar);
    for (evidence, day) in [("E-2", "2022-05-01"), ("E-1", "2021-05-01"), ("E-3", "2022-05-02")] {
        registrar.record_fact(fact(1, evidence, day)).await.unwrap();
    }
    let ask = |as_of: &str, known_at: &str, page_token: String| pb::ListFactsRequest {
        uscc: code(1),
        as_of: as_of.to_owned(),
        known_at: known_at.to_owned(),
        page_size: 1,
        page_token,
        ..Default::default()
    };
    let mut auditor = suite.facts(Role::Auditor);
    let first = auditor.list_facts(ask("2022-05-01", "", String::new())).await.unwrap().into_inner();
    assert_eq!(first.facts[0].evidence_no, "E-1");
    let second = auditor.list_facts(ask("2022-05-01", "", first.next_page_token)).await.unwrap().into_inner();
    assert_eq!((second.facts[0].evidence_no.as_str(), second.next_page_token.as_str()), ("E-2", ""));
    let unknown = auditor.list_facts(ask("2022-05-02", "2022-05-02", String::new())).await.unwrap();
    assert!(unknown.into_inner().facts.is_empty());
    suite.close().await;
}

#[tokio::test]
async fn bad_facts_are_refused() {
    let suite = Suite::start().await;
    suite.enter(vec![firm(1)]).await;
    let mut registrar = suite.facts(Role::Registrar);
    registrar.record_fact(fact(1, "E-1", "2022-05-01")).await.unwrap();
    let before = suite.tables().await;
    let again = registrar.record_fact(fact(1, "E-1", "2022-06-01")).await;
    refused(again, &reason::DUPLICATE_FACT, "evidence_no");
    let nobody = registrar.record_fact(fact(2, "E-1", "2022-06-01")).await;
    refused(nobody, &reason::UNKNOWN_SUBJECT, "uscc");
    let no_day = registrar.record_fact(fact(1, "E-2", "2022-06-31")).await;
    refused(no_day, &reason::DATE_FORMAT, "occurred_on");
    let no_proof = registrar.record_fact(fact(1, "", "2022-06-01")).await;
    refused(no_proof, &reason::FIELD_MISSING, "evidence_no");
    let unit = pb::RecordFactRequest { unit: "yuan".to_owned(), ..fact(1, "E-2", "2022-06-01") };
    refused(registrar.record_fact(unit).await, &reason::ENUM_UNKNOWN, "unit");
    let perhaps = pb::RecordFactRequest { unit: "bool".to_owned(), ..fact(1, "E-2", "2022-06-01") };
    refused(registrar.record_fact(perhaps).await, &reason::FIELD_OUT_OF_RANGE, "value");
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}
