//! Many fundings of one budget line at once: the quota is never passed, and none fails for another reason.

use canopy_proto::subsidy::v1 as pb;
use futures::future::join_all;

use crate::registry::qualification;
use crate::story::{FIRST, PAY_ON, code, terms, title};
use crate::suite::{Suite, reason_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_fundings_at_once_take_what_the_line_holds_and_not_a_fen_more() {
    const CROWD: usize = 64;
    const COVERED: i64 = 20;
    let suite = Suite::start().await;
    suite.budget("BL01", COVERED * FIRST + FIRST - 1).await;
    let mut batches = Vec::new();
    for n in 0..CROWD {
        let kind = format!("KIND_{n}");
        suite.registry.enter(&code(n), &title(n));
        suite.registry.grant(qualification(&code(n), &kind, &format!("Q{n}"), "2022-03-01"));
        let policy = pb::PolicyTerms {
            code: format!("P{n}"),
            evidence_source: format!("QUALIFICATION:{kind}"),
            requires_live: kind,
            ..terms()
        };
        suite.policy(policy).await;
        batches.push(suite.approved(&format!("P{n}")).await);
    }
    let answers = join_all(batches.iter().map(|batch| suite.fund(&batch.name, PAY_ON))).await;
    let (funded, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(i64::try_from(funded.len()).unwrap(), COVERED);
    for answer in refused {
        assert_eq!(reason_of(answer), "NO_BUDGET");
    }
    assert_eq!(suite.line_of_budget("BL01", PAY_ON).await.encumbered_fen, COVERED * FIRST);
    suite.close().await;
}
