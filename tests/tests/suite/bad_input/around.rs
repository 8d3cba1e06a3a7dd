//! A service called around the gateway: without an assertion, or with one that the gateway did not sign for it now.

use canopy_kernel::{Actor, Clock, Role};
use canopy_platform::metadata::{ASSERTION, AUTHORIZATION};
use canopy_platform::{SigningIdentity, generate_key};
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use jiff::SignedDuration;
use tonic::{Code, Request};

use super::production::{Production, auditor, subject};
use super::refusal;

fn identity(name: &str) -> SigningIdentity {
    let (private, _) = generate_key().unwrap();
    SigningIdentity::from_bytes(name, private.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_service_believes_only_what_the_gateway_signed_for_it_now() {
    let production = Production::start().await;
    let before = production.tables().await;
    let now = Clock::System.now();
    let gateway = &production.gateway_key;
    let good = gateway.issue(&auditor(), "registry", None, now).unwrap();
    let (claims, _) = good.rsplit_once('.').unwrap();
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", claims.split_once('.').unwrap().1);
    let long_ago = now - SignedDuration::from_mins(2);
    let system = Actor { roles: [Role::System].into(), ..auditor() };
    let cases = [
        (String::new(), "ASSERTION_MISSING"),
        (unsigned, "ASSERTION_INVALID"),
        (format!("{claims}."), "ASSERTION_INVALID"),
        (identity("gateway").issue(&auditor(), "registry", None, now).unwrap(), "ASSERTION_INVALID"),
        (identity("elsewhere").issue(&auditor(), "registry", None, now).unwrap(), "ASSERTION_ISSUER"),
        (gateway.issue(&auditor(), "subsidy", None, now).unwrap(), "ASSERTION_INVALID"),
        (gateway.issue(&auditor(), "registry", None, long_ago).unwrap(), "ASSERTION_EXPIRED"),
        (gateway.issue(&system, "registry", None, now).unwrap(), "ASSERTION_INVALID"),
    ];
    let mut straight = SubjectServiceClient::new(production.registry.clone());
    for (assertion, reason) in cases {
        let mut request = Request::new(subject());
        // A bearer token is for the gateway and says nothing here.
        request.metadata_mut().insert(AUTHORIZATION, format!("Bearer {good}").parse().unwrap());
        if !assertion.is_empty() {
            request.metadata_mut().insert(ASSERTION, assertion.parse().unwrap());
        }
        let status = straight.get_subject(request).await.unwrap_err();
        refusal::says(&refusal::of(&status), (Code::Unauthenticated, reason, ""));
    }
    let mut request = Request::new(subject());
    request.metadata_mut().insert(ASSERTION, good.parse().unwrap());
    let status = straight.get_subject(request).await.unwrap_err();
    refusal::says(&refusal::of(&status), (Code::NotFound, "UNKNOWN_SUBJECT", "name"));
    assert_eq!(production.tables().await, before);
    production.stop().await;
}
