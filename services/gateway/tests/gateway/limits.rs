//! How much a caller may use, and how much everyone together.

use std::num::NonZeroU32;
use std::time::Duration;

use canopy_gateway::config::Allowance;
use canopy_kernel::reason;
use canopy_proto::registry::v1::BatchImportQualificationsRequest;

use crate::support::{Claims, Event, Suite, head, reason_of, unary, with_token};

fn allowance(units: u32) -> Allowance {
    let units = NonZeroU32::new(units).unwrap();
    // One unit a second is too slow to come in unnoticed between two calls on loopback.
    Allowance { units_per_second: NonZeroU32::MIN, burst: units }
}

#[tokio::test]
async fn a_caller_who_used_its_units_up_is_told_when_to_return() {
    let suite = Suite::with(|config, _| config.quota.standard = allowance(3)).await;
    for _ in 0..3 {
        suite.head(head(&suite.token())).await.unwrap();
    }
    let failure = suite.refusal(head(&suite.token())).await;
    assert_eq!(failure.reason(), &reason::QUOTA_EXCEEDED);
    let delay = failure.retry_delay().unwrap();
    assert!(delay > Duration::ZERO && delay <= Duration::from_secs(1), "{delay:?}");
}

#[tokio::test]
async fn a_system_shares_its_units_and_another_has_its_own() {
    let suite = Suite::with(|config, _| {
        config.quota.standard = allowance(1);
        config.quota.callers.insert("bank/core".to_owned(), allowance(100));
    })
    .await;
    suite.head(head(&suite.token())).await.unwrap();
    let colleague = suite.issuer.sign(&Claims::with("sub", "operator-2"));
    assert_eq!(suite.refusal(head(&colleague)).await.reason(), &reason::QUOTA_EXCEEDED);
    let named = suite.issuer.sign(&Claims::with("agency", "bank").and("system", "core"));
    for _ in 0..10 {
        suite.head(head(&named)).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_uses_as_many_units_as_its_method_says() {
    let suite = Suite::with(|config, _| config.quota.standard = allowance(25)).await;
    let batch = || with_token(&suite.token(), BatchImportQualificationsRequest::default());
    suite.qualifications().batch_import_qualifications(batch()).await.unwrap();
    let refused = suite.qualifications().batch_import_qualifications(batch()).await.unwrap_err();
    assert_eq!(reason_of(&refused), &reason::QUOTA_EXCEEDED);
    suite.head(head(&suite.token())).await.unwrap();
}

#[tokio::test]
async fn one_call_too_many_is_refused_at_once_and_not_queued() {
    let mut suite = Suite::with(|config, _| config.server.max_in_flight = 1).await;
    let mut feed = suite.feed();
    let waiting = unary(&suite.token(), "wait");
    let call = tokio::spawn(async move { feed.list_events(waiting).await });
    assert_eq!(suite.service.event().await, Event::Begun);
    let failure = suite.refusal(head(&suite.token())).await;
    assert_eq!(failure.reason(), &reason::OVERLOADED);
    assert!(failure.retry_delay().is_some());
    suite.service.open();
    call.await.unwrap().unwrap();
    suite.head(head(&suite.token())).await.unwrap();
}
