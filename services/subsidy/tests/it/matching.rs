//! Matching, publication and confirmation: who is on the list, and who is left out on which day.

use canopy_proto::registry::v1 as registry;
use canopy_proto::subsidy::v1 as pb;

use crate::registry::qualification;
use crate::story::{
    CONFIRM_ON, FIRST, LAST_DAY, MATCH_ON, PAY_ON, POSTED_ON, REPEAT, certificate, code, terms, title,
};
use crate::suite::{Suite, id, reason_of};

/// Hits of a candidate as `REASON@day`.
fn hits(candidate: &pb::Candidate) -> Vec<String> {
    candidate.hits.iter().map(|hit| format!("{}@{}", hit.reason_code, hit.checked_on)).collect()
}

#[tokio::test]
async fn a_match_freezes_the_holders_of_the_window_with_their_amounts() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.firms(2);
    suite.registry.enter(&code(3), &title(3));
    let renewed = registry::Qualification {
        first_recognition: false,
        ..qualification(&code(3), "HNTE", &certificate(3), "2022-07-31")
    };
    suite.registry.grant(renewed);
    for (n, kind, granted_on) in
        [(4, "HNTE", "2021-12-31"), (5, "HNTE", "2022-08-01"), (6, "TECH_SME", "2022-03-01"), (7, "HNTE", "")]
    {
        suite.registry.enter(&code(n), &title(n));
        suite.registry.grant(qualification(&code(n), kind, &certificate(n), granted_on));
    }
    let run = suite.matched("HNTE").await;
    assert_eq!((run.state(), run.match_on.as_str(), run.year), (pb::RunState::CreditChecked, MATCH_ON, 2022));
    assert_eq!((run.candidates, run.excluded, run.total_fen), (3, 0, 2 * FIRST + REPEAT));
    assert_eq!(run.snapshot_digest.len(), 64);
    let listed: Vec<_> = suite
        .candidates(&run.name)
        .await
        .into_iter()
        .map(|it| (it.uscc, it.title, it.evidence_no, it.amount_fen, it.first_recognition))
        .collect();
    let expected = |n, amount, first| (code(n), title(n), certificate(n), amount, first);
    assert_eq!(listed, [expected(1, FIRST, true), expected(2, FIRST, true), expected(3, REPEAT, false)]);

    let again = suite.matched("HNTE").await;
    assert_eq!(again.snapshot_digest, run.snapshot_digest, "the same facts make the same list");
    suite.close().await;
}

#[tokio::test]
async fn of_several_recognitions_the_first_live_one_decides() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.registry.enter(&code(1), &title(1));
    let revoked = registry::Qualification {
        revoked_on: "2022-05-01".to_owned(),
        ..qualification(&code(1), "HNTE", "GR1", "2022-02-01")
    };
    suite.registry.grant(revoked);
    suite.registry.grant(qualification(&code(1), "HNTE", "GR3", "2022-06-02"));
    suite.registry.grant(qualification(&code(1), "HNTE", "GR2", "2022-06-01"));
    let run = suite.matched("HNTE").await;
    let listed: Vec<_> = suite.candidates(&run.name).await.into_iter().map(|it| it.evidence_no).collect();
    assert_eq!(listed, ["GR2"]);
    suite.close().await;
}

#[tokio::test]
async fn a_recognition_lives_from_its_day_to_its_last_and_ends_on_the_day_it_is_taken_away() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    let base = |n: usize| qualification(&code(n), "HNTE", &certificate(n), "2022-03-01");
    let cases = [
        (registry::Qualification { expires_on: MATCH_ON.to_owned(), ..base(1) }, true),
        (registry::Qualification { expires_on: "2022-08-14".to_owned(), ..base(2) }, false),
        (registry::Qualification { revoked_on: MATCH_ON.to_owned(), ..base(3) }, false),
        (registry::Qualification { revoked_on: "2022-08-16".to_owned(), ..base(4) }, true),
        (registry::Qualification { superseded_on: MATCH_ON.to_owned(), ..base(5) }, false),
        (registry::Qualification { superseded_on: "2022-08-16".to_owned(), ..base(6) }, true),
    ];
    for (n, (held, _)) in cases.iter().enumerate() {
        suite.registry.enter(&code(n + 1), &title(n + 1));
        // First granted without an end, then ended, as a register tells it.
        suite.registry.grant(base(n + 1));
        suite.registry.end(held.clone());
    }
    let run = suite.matched("HNTE").await;
    for (candidate, (_, live)) in suite.candidates(&run.name).await.iter().zip(&cases) {
        let expected = if *live { vec![] } else { vec![format!("QUALIFICATION_NOT_LIVE@{MATCH_ON}")] };
        assert_eq!(hits(candidate), expected, "{}", candidate.uscc);
    }
    suite.close().await;
}

#[tokio::test]
async fn another_required_kind_is_looked_for_among_all_that_the_holder_has() {
    let suite = Suite::start().await;
    let strict = pb::PolicyTerms {
        requires_live: "STATION".to_owned(),
        requires_pass: true,
        excluded_host_prefix: "11".to_owned(),
        ..terms()
    };
    suite.policy(strict).await;
    suite.firms(4);
    let station = |n: usize| qualification(&code(n), "STATION", &format!("ST{n}"), "2020-01-01");
    for n in [1, 2, 3] {
        suite.registry.grant(station(n));
    }
    let fail = registry::AssessmentResult::Fail.into();
    for (n, assessed_on) in [(2, "2022-06-01"), (3, "2022-08-16")] {
        let failed = registry::Qualification { assessment: fail, ..station(n) };
        suite.registry.assess(failed, assessed_on);
    }
    let run = suite.matched("HNTE").await;
    let found: Vec<_> = suite.candidates(&run.name).await.iter().map(hits).collect();
    let failed = vec![format!("ASSESSMENT_FAILED@{MATCH_ON}")];
    let none = vec![format!("QUALIFICATION_NOT_LIVE@{MATCH_ON}")];
    assert_eq!(found, [vec![], failed, vec![], none], "an assessment after the match is not known yet");
    suite.close().await;
}

#[tokio::test]
async fn standing_is_checked_at_the_match_at_the_end_of_publicity_and_at_payment() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(8);
    let listed =
        |n: usize, from: &str, until: &str| suite.registry.list(&code(n), &format!("XY-{n}"), from, until);
    listed(1, MATCH_ON, "2022-08-16");
    listed(2, LAST_DAY, CONFIRM_ON);
    listed(3, PAY_ON, "2023-01-01");
    listed(4, "2022-08-16", LAST_DAY);
    listed(5, "2022-01-01", "2023-01-01");
    suite.registry.set_status(&code(6), MATCH_ON, registry::SubjectStatus::MovedOut);
    suite.registry.set_status(&code(7), LAST_DAY, registry::SubjectStatus::Deregistered);
    suite.registry.set_status(&code(8), PAY_ON, registry::SubjectStatus::MovedOut);
    let batch = suite.funded("HNTE").await;
    let found: Vec<_> = suite.candidates(&batch.run).await.iter().map(hits).collect();
    let at =
        |reason: &str, days: &[&str]| days.iter().map(|day| format!("{reason}@{day}")).collect::<Vec<_>>();
    let everywhere =
        [at("CREDIT_LISTED_AT_MATCH", &[MATCH_ON]), at("CREDIT_LISTED_AT_PAYMENT", &[LAST_DAY, PAY_ON])];
    assert_eq!(
        found,
        [
            at("CREDIT_LISTED_AT_MATCH", &[MATCH_ON]),
            at("CREDIT_LISTED_AT_PAYMENT", &[LAST_DAY]),
            at("CREDIT_LISTED_AT_PAYMENT", &[PAY_ON]),
            vec![],
            everywhere.concat(),
            at("MOVED_OUT", &[MATCH_ON, LAST_DAY, PAY_ON]),
            at("DEREGISTERED", &[LAST_DAY, PAY_ON]),
            at("MOVED_OUT", &[PAY_ON]),
        ]
    );
    let mut expected: Vec<_> = [
        (1, "CREDIT_LISTED_AT_MATCH"),
        (2, "CREDIT_LISTED_AT_PAYMENT"),
        (3, "CREDIT_LISTED_AT_PAYMENT"),
        (5, "CREDIT_LISTED_AT_MATCH"),
        (6, "MOVED_OUT"),
        (7, "DEREGISTERED"),
        (8, "MOVED_OUT"),
    ]
    .map(|(n, reason)| (code(n), reason.to_owned()))
    .into();
    expected.sort();
    assert_eq!(suite.exclusions("HNTE", PAY_ON).await, expected);
    assert_eq!(suite.exclusions("HNTE", "2022-09-21").await, [], "on the day before no run was accepted");
    assert_eq!(
        (batch.lines, batch.total_fen),
        (3, FIRST),
        "1, 2 and 5 to 7 were not confirmed; 3 and 8 were"
    );
    suite.close().await;
}

#[tokio::test]
async fn a_match_sees_every_fact_that_was_told_before_it() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    for n in 1..=40 {
        suite.registry.enter(&code(n), &title(n));
        suite.registry.grant(qualification(&code(n), "HNTE", &certificate(n), "2022-03-01"));
        let run = suite.matched("HNTE").await;
        assert_eq!(run.candidates, i64::try_from(n).unwrap());
    }
    suite.close().await;
}

#[tokio::test]
async fn a_run_goes_from_match_to_confirmation_on_its_days() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.firms(2);
    let run = suite.published("HNTE").await;
    assert_eq!((run.posted_on.as_str(), run.publicity_last_day.as_str()), (POSTED_ON, LAST_DAY));
    assert_eq!(reason_of(suite.confirm(&run.name, LAST_DAY).await), "PUBLICITY_NOT_OVER");
    let run = suite.confirm(&run.name, CONFIRM_ON).await.unwrap();
    assert_eq!((run.state(), run.confirmed_on.as_str()), (pb::RunState::Confirmed, CONFIRM_ON));
    let states: Vec<_> = suite.candidates(&run.name).await.iter().map(|it| it.state()).collect();
    assert_eq!(states, [pb::CandidateState::Confirmed; 2]);
    suite.close().await;
}

#[tokio::test]
async fn a_voided_run_ends_with_its_batch_and_frees_its_candidates() {
    let suite = Suite::start().await;
    suite.policy(terms()).await;
    suite.budget("BL01", 100 * FIRST).await;
    suite.firms(2);
    let batch = suite.approved("HNTE").await;
    let void = pb::VoidRunRequest {
        request_id: id(),
        name: batch.run.clone(),
        reason: "预算不足".to_owned(),
        ..Default::default()
    };
    let run = suite.runs("zhang", PAY_ON).void_run(void.clone()).await.unwrap().into_inner();
    assert_eq!((run.state(), run.void_reason.as_str()), (pb::RunState::Voided, "预算不足"));
    assert_eq!(reason_of(suite.fund(&batch.name, PAY_ON).await), "STATE_NOT_ALLOWED");
    let twice = pb::VoidRunRequest { request_id: id(), ..void };
    assert_eq!(reason_of(suite.runs("zhang", PAY_ON).void_run(twice).await), "STATE_NOT_ALLOWED");
    suite.paid("HNTE").await;
    assert_eq!(suite.summary("HNTE", PAY_ON).await.payees, 2, "another run pays them");
    suite.close().await;
}
