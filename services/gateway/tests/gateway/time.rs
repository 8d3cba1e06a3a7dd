//! Business time: who may set it, where, and how the service learns it.

use canopy_kernel::{Clock, reason};
use canopy_proto::common::v1::GetFeedHeadRequest;
use tonic::Request;

use crate::support::{Claims, Suite, head};

fn at(token: &str, time: &str) -> Request<GetFeedHeadRequest> {
    let mut request = head(token);
    request.metadata_mut().insert("canopy-business-time", time.parse().unwrap());
    request
}

fn allowed(suite: &Suite) -> String {
    suite.issuer.sign(&Claims::with("may_set_time", true))
}

#[tokio::test]
async fn a_tryout_suite_takes_it_from_who_may_set_it() {
    let suite = Suite::tryout().await;
    let token = allowed(&suite);
    for time in ["2022-06-30T09:00:00+08:00", "2022-07-01T09:00:00Z"] {
        let seen = suite.head(at(&token, time)).await.unwrap();
        let now = Clock::System.now();
        let (_, told) = suite.assertions.verify(&seen["canopy-assertion"], "registry", now).unwrap();
        assert_eq!(told, Some(time.parse().unwrap()));
        assert!(!seen.contains_key("canopy-business-time"), "only the assertion says the time");
    }
    let seen = suite.head(head(&token)).await.unwrap();
    let (_, told) =
        suite.assertions.verify(&seen["canopy-assertion"], "registry", Clock::System.now()).unwrap();
    assert_eq!(told, None);
}

#[tokio::test]
async fn a_tryout_suite_refuses_it_from_everyone_else() {
    let suite = Suite::tryout().await;
    let failure = suite.refusal(at(&suite.token(), "2022-06-30T09:00:00Z")).await;
    assert_eq!(failure.reason(), &reason::BUSINESS_TIME_REFUSED);
}

#[tokio::test]
async fn a_production_suite_refuses_it_from_everyone() {
    let suite = Suite::start().await;
    let failure = suite.refusal(at(&allowed(&suite), "2022-06-30T09:00:00Z")).await;
    assert_eq!(failure.reason(), &reason::BUSINESS_TIME_REFUSED);
}

#[tokio::test]
async fn a_time_that_is_none_is_invalid() {
    let suite = Suite::tryout().await;
    let failure = suite.refusal(at(&allowed(&suite), "next Tuesday")).await;
    assert_eq!(failure.reason(), &reason::FIELD_INVALID);
    assert_eq!(failure.field(), Some("canopy-business-time"));
}
