//! Demands: refusals in their order, the way through the states, staleness, who may do what, what is counted.

use canopy_proto::commissioner::v1 as pb;

use crate::needs::{
    BROKER, COLLEAGUE, FIRM, OTHER_FIRM, UNIVERSITY, begun, collected, demand, demand_on, demands,
    open_demand, published, state_on, verified,
};
use crate::suite::{Suite, id, reason_of};

const ON: &str = "2022-03-01";

fn withdrawal(name: &str) -> pb::WithdrawDemandRequest {
    pb::WithdrawDemandRequest {
        request_id: id(),
        name: name.to_owned(),
        reason: "需求已解决".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn each_bad_demand_is_refused_with_its_reason_and_leaves_no_trace() {
    let suite = begun().await;
    collected(&suite, "XQ1", "2022-02-01").await;
    let before = suite.tables().await;
    let taken = demand("XQ1", "另一需求");
    let same_words = demand("XQ2", " 激光切割头标定过程复杂,XQ1 ");
    let spoilt = |spoil: fn(&mut pb::CollectDemandRequest)| {
        let mut request = demand("XQ3", "新需求");
        spoil(&mut request);
        request
    };
    let bad = [
        (taken, "DUPLICATE_DEMAND"),
        (same_words, "DUPLICATE_DEMAND"),
        // A wrong code is the reason, not the firm that it makes unknown.
        (spoilt(|it| it.enterprise_uscc = "91420111MA4KXA026".to_owned()), "USCC_FORMAT"),
        (spoilt(|it| it.enterprise_uscc = "91350203M0001QAY9B".to_owned()), "USCC_CHECK_DIGIT"),
        (spoilt(|it| it.enterprise_uscc = "91420100MA4KXA018B".to_owned()), "UNKNOWN_ENTERPRISE"),
        // A university is in the register, and no firm.
        (spoilt(|it| it.enterprise_uscc = UNIVERSITY.to_owned()), "UNKNOWN_ENTERPRISE"),
        (spoilt(|it| it.commissioner_no = COLLEAGUE.to_owned()), "NOT_OWN_RECORD"),
        (spoilt(|it| it.commissioner_no = String::new()), "NOT_OWN_RECORD"),
        (spoilt(|it| it.budget_fen = -1), "FIELD_OUT_OF_RANGE"),
        (spoilt(|it| it.text = String::new()), "FIELD_MISSING"),
        (spoilt(|it| it.needed_by = "2022-13-01".to_owned()), "DATE_FORMAT"),
    ];
    for (request, reason) in bad {
        let answer = demands(suite.commissioner(BROKER, ON)).collect_demand(request.clone()).await;
        assert_eq!(reason_of(answer), reason, "{request:?}");
    }
    assert_eq!(suite.tables().await, before);
    suite.close().await;
}

#[tokio::test]
async fn a_commissioner_collects_in_service_and_a_district_for_anybody() {
    let suite = begun().await;
    let collect = async |commissioner: &str, on: &str, request: pb::CollectDemandRequest| {
        demands(suite.commissioner(commissioner, on)).collect_demand(request).await
    };
    let of = |commissioner: &str, number: &str| pb::CollectDemandRequest {
        commissioner_no: commissioner.to_owned(),
        ..demand(number, &format!("需求{number}"))
    };
    let early = collect(BROKER, "2020-12-31", of(BROKER, "XQ1")).await;
    assert_eq!(reason_of(early), "BEFORE_POSTING");
    assert!(collect(COLLEAGUE, "2022-08-31", of(COLLEAGUE, "XQ1")).await.is_ok());
    assert_eq!(reason_of(collect(COLLEAGUE, "2022-09-01", of(COLLEAGUE, "XQ2")).await), "AFTER_SERVICE");
    assert_eq!(reason_of(collect("CL0009", ON, of("CL0009", "XQ2")).await), "UNKNOWN_COMMISSIONER");
    let district = async |request| demands(suite.district(ON)).collect_demand(request).await;
    assert!(district(of("", "XQ2")).await.is_ok());
    assert_eq!(district(of(COLLEAGUE, "XQ3")).await.unwrap().into_inner().commissioner_no, COLLEAGUE);
    assert_eq!(reason_of(district(of("CL0009", "XQ4")).await), "UNKNOWN_COMMISSIONER");
    suite.close().await;
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_another_body_none() {
    let suite = begun().await;
    let request = demand("XQ1", "需求");
    let collect = async |request| demands(suite.commissioner(BROKER, ON)).collect_demand(request).await;
    let first = collect(request.clone()).await.unwrap().into_inner();
    assert_eq!(collect(request.clone()).await.unwrap().into_inner(), first);
    let other = pb::CollectDemandRequest { text: "别的需求".to_owned(), ..request };
    assert_eq!(reason_of(collect(other).await), "REQUEST_ID_REUSED");
    let trial = pb::CollectDemandRequest { validate_only: true, ..demand("XQ2", "试填") };
    assert!(collect(trial).await.is_ok());
    assert_eq!(suite.count("select count(*) from commissioner.demand").await, 1);
    suite.close().await;
}

#[tokio::test]
async fn a_demand_is_what_it_was_on_each_day() {
    let suite = begun().await;
    let name = open_demand(&suite, "XQ1").await.name;
    let request = withdrawal(&name);
    demands(suite.firm(FIRM, "2022-05-01")).withdraw_demand(request).await.unwrap();
    let days = [
        ("2022-02-01", pb::DemandState::Collected),
        ("2022-02-09", pb::DemandState::Collected),
        ("2022-02-10", pb::DemandState::Verified),
        ("2022-02-20", pb::DemandState::Published),
        ("2022-04-30", pb::DemandState::Published),
        ("2022-05-01", pb::DemandState::Withdrawn),
    ];
    for (day, state) in days {
        assert_eq!(state_on(&suite, &name, day).await, state, "{day}");
    }
    let early = pb::GetDemandRequest { name: name.clone(), as_of: "2022-01-31".to_owned() };
    assert_eq!(reason_of(demands(suite.bureau(ON)).get_demand(early).await), "UNKNOWN_DEMAND");
    let seen = demand_on(&suite, "XQ1", "2022-02-15").await;
    assert_eq!((seen.verified_on.as_str(), seen.published_on.as_str()), ("2022-02-10", ""));
    let again = demands(suite.bureau("2022-05-02")).withdraw_demand(withdrawal(&name)).await;
    assert_eq!(reason_of(again), "STATE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn steps_out_of_order_old_versions_and_strangers_are_refused() {
    let suite = begun().await;
    let made = collected(&suite, "XQ1", "2022-02-01").await;
    let publish = |agreed_on: &str, etag: &str| pb::PublishDemandRequest {
        request_id: id(),
        name: made.name.clone(),
        agreed_on: agreed_on.to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    let district = || demands(suite.district(ON));
    assert_eq!(reason_of(district().publish_demand(publish(ON, "")).await), "STATE_NOT_ALLOWED");
    verified(&suite, &made.name, "2022-02-10").await;
    assert_eq!(reason_of(district().publish_demand(publish("2022-03-02", "")).await), "CONSENT_MISSING");
    assert_eq!(reason_of(district().publish_demand(publish(ON, &made.etag)).await), "VERSION_CONFLICT");
    let close = pb::CloseDemandRequest {
        request_id: id(),
        name: made.name.clone(),
        reason: "完成".to_owned(),
        ..Default::default()
    };
    assert_eq!(reason_of(district().close_demand(close).await), "STATE_NOT_ALLOWED");
    let stranger = demands(suite.commissioner(COLLEAGUE, ON)).withdraw_demand(withdrawal(&made.name)).await;
    assert_eq!(reason_of(stranger), "NOT_OWN_RECORD");
    let rival = demands(suite.firm(OTHER_FIRM, ON)).withdraw_demand(withdrawal(&made.name)).await;
    assert_eq!(reason_of(rival), "NOT_REPRESENTED");
    let verify = pb::VerifyDemandRequest {
        request_id: id(),
        name: "dmd_00000000-0000-7000-8000-000000000001".to_owned(),
        ..Default::default()
    };
    assert_eq!(reason_of(district().verify_demand(verify.clone()).await), "UNKNOWN_DEMAND");
    let own = demands(suite.commissioner(BROKER, ON)).verify_demand(verify).await;
    assert_eq!(reason_of(own), "ROLE_NOT_ALLOWED");
    suite.close().await;
}

#[tokio::test]
async fn twelve_idle_months_make_a_demand_stale_until_something_happens() {
    let suite = begun().await;
    let name = collected(&suite, "XQ1", "2022-02-01").await.name;
    assert!(!demand_on(&suite, &name, "2023-02-01").await.stale);
    assert!(demand_on(&suite, &name, "2023-02-02").await.stale);
    verified(&suite, &name, "2023-03-01").await;
    assert!(!demand_on(&suite, &name, "2023-03-01").await.stale);
    let stale = async |day: &str| {
        let request =
            pb::ListDemandsRequest { stale_only: true, as_of: day.to_owned(), ..Default::default() };
        demands(suite.bureau(day)).list_demands(request).await.unwrap().into_inner().demands.len()
    };
    assert_eq!((stale("2023-02-01").await, stale("2023-02-02").await, stale("2023-03-01").await), (0, 1, 0));
    suite.close().await;
}

#[tokio::test]
async fn an_institute_sees_what_was_published_and_a_firm_its_own() {
    let suite = begun().await;
    let hidden = collected(&suite, "XQ1", "2022-02-01").await.name;
    let open = open_demand(&suite, "XQ2").await.name;
    let listed = async |calls, request| -> Vec<String> {
        let answer = demands(calls).list_demands(request).await.unwrap().into_inner();
        answer.demands.into_iter().map(|it| it.demand_no).collect()
    };
    let all = pb::ListDemandsRequest::default();
    assert_eq!(listed(suite.institute(UNIVERSITY, ON), all.clone()).await, ["XQ2"]);
    let before = pb::ListDemandsRequest { as_of: "2022-02-19".to_owned(), ..Default::default() };
    assert!(listed(suite.institute(UNIVERSITY, ON), before).await.is_empty());
    let own = pb::ListDemandsRequest { enterprise_uscc: FIRM.to_owned(), ..Default::default() };
    assert_eq!(listed(suite.firm(FIRM, ON), own.clone()).await, ["XQ1", "XQ2"]);
    assert_eq!(reason_of(demands(suite.firm(OTHER_FIRM, ON)).list_demands(own).await), "NOT_REPRESENTED");
    assert_eq!(reason_of(demands(suite.firm(FIRM, ON)).list_demands(all.clone()).await), "NOT_REPRESENTED");
    let get = |name: &str| pb::GetDemandRequest { name: name.to_owned(), ..Default::default() };
    let institute = || demands(suite.institute(UNIVERSITY, ON));
    assert_eq!(reason_of(institute().get_demand(get(&hidden)).await), "UNKNOWN_DEMAND");
    assert!(institute().get_demand(get(&open)).await.is_ok());
    let first = pb::ListDemandsRequest { page_size: 1, ..all };
    let page = demands(suite.bureau(ON)).list_demands(first.clone()).await.unwrap().into_inner();
    let second = pb::ListDemandsRequest { page_token: page.next_page_token, ..first };
    assert_eq!(listed(suite.bureau(ON), second.clone()).await, ["XQ2"]);
    // The token of someone who sees more is of no use.
    assert_eq!(reason_of(institute().list_demands(second).await), "PAGE_TOKEN_INVALID");
    suite.close().await;
}

async fn verified_between(suite: &Suite, from: &str, to: &str, as_of: &str) -> (i64, i64) {
    let request = pb::CountDemandsRequest {
        from: from.to_owned(),
        to: to.to_owned(),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    let counted = demands(suite.bureau(as_of)).count_demands(request).await.unwrap().into_inner();
    (counted.verified, counted.withdrawn)
}

#[tokio::test]
async fn a_demand_counts_when_verified_also_if_withdrawn_afterwards() {
    let suite = begun().await;
    let first = collected(&suite, "XQ1", "2021-11-08").await.name;
    verified(&suite, &first, "2021-12-31").await;
    let second = collected(&suite, "XQ2", "2021-11-08").await.name;
    verified(&suite, &second, "2022-01-01").await;
    published(&suite, &second, "2022-01-02").await;
    collected(&suite, "XQ3", "2022-03-01").await;
    demands(suite.bureau("2022-06-01")).withdraw_demand(withdrawal(&second)).await.unwrap();
    assert_eq!(verified_between(&suite, "2022-01-01", "2022-12-31", "2022-05-31").await, (1, 0));
    assert_eq!(verified_between(&suite, "2022-01-01", "2022-12-31", "2022-11-30").await, (1, 1));
    assert_eq!(verified_between(&suite, "", "", "2021-12-31").await, (1, 0));
    assert_eq!(verified_between(&suite, "", "", "2022-11-30").await, (2, 1));
    suite.close().await;
}
