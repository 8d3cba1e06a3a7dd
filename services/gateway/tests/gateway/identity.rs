//! Who is calling: tokens good and bad, and what the service is told.

use canopy_kernel::{Clock, Role, reason};
use tonic::Request;

use crate::support::{Claims, Issuer, PACKAGE, Suite, head};

#[tokio::test]
async fn without_a_token_nobody_gets_in() {
    let suite = Suite::start().await;
    let failure = suite.refusal(Request::new(Default::default())).await;
    assert_eq!(failure.reason(), &reason::TOKEN_MISSING);
    let mut basic = Request::new(Default::default());
    basic.metadata_mut().insert("authorization", "Basic b3BlcmF0b3I6MQ==".parse().unwrap());
    assert_eq!(suite.refusal(basic).await.reason(), &reason::TOKEN_MISSING);
    assert!(suite.service.seen().is_empty(), "the call reached the service");
}

#[tokio::test]
async fn a_refusal_speaks_both_languages_in_headers_alone() {
    let suite = Suite::start().await;
    let status = suite.head(Request::new(Default::default())).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unauthenticated);
    let failure = canopy_platform::from_status(&status);
    assert_eq!(status.message(), failure.text_en());
    let details = String::from_utf8_lossy(status.details()).into_owned();
    assert!(details.contains(&failure.text_zh()), "{details}");
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let suite = Suite::start().await;
    let now = Clock::System.now().as_second();
    let token = suite.issuer.sign(&Claims::with("exp", now - 1));
    assert_eq!(suite.refusal(head(&token)).await.reason(), &reason::TOKEN_EXPIRED);
}

#[tokio::test]
async fn a_token_for_another_system_is_refused() {
    let suite = Suite::start().await;
    let token = suite.issuer.sign(&Claims::with("aud", "elsewhere"));
    assert_eq!(suite.refusal(head(&token)).await.reason(), &reason::TOKEN_AUDIENCE);
    let token = suite.issuer.sign(&Claims::with("aud", vec!["elsewhere", "canopy"]));
    suite.head(head(&token)).await.unwrap();
}

#[tokio::test]
async fn a_token_of_another_key_is_refused() {
    let suite = Suite::start().await;
    for forger in [
        Issuer::with_kid(&suite.issuer.name, &suite.issuer.kid),
        Issuer::with_kid(&suite.issuer.name, "1999"),
        Issuer::new("https://elsewhere.example"),
    ] {
        let token = forger.sign(&Claims::default());
        assert_eq!(suite.refusal(head(&token)).await.reason(), &reason::TOKEN_INVALID);
    }
}

#[tokio::test]
async fn an_unsigned_or_mangled_token_is_refused() {
    let suite = Suite::start().await;
    let good = suite.token();
    let (head_and_claims, _) = good.rsplit_once('.').unwrap();
    // {"alg":"none","typ":"JWT"}
    let claims = head_and_claims.split_once('.').unwrap().1;
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    for token in [none, format!("{head_and_claims}."), "a.b.c".to_owned(), "é".to_owned()] {
        let Ok(header) = format!("Bearer {token}").parse() else { continue };
        let mut request = Request::new(Default::default());
        request.metadata_mut().insert("authorization", header);
        assert_eq!(suite.refusal(request).await.reason(), &reason::TOKEN_INVALID, "{token}");
    }
}

#[tokio::test]
async fn during_a_rotation_both_keys_are_good() {
    let successor = Issuer::with_kid("https://id.example", "2023");
    let key = successor.key();
    let suite = Suite::with(|config, issuer| {
        config.tokens.issuers.get_mut(&issuer.name).unwrap().extend([key]);
    })
    .await;
    suite.head(head(&suite.token())).await.unwrap();
    suite.head(head(&successor.sign(&Claims::default()))).await.unwrap();
}

#[tokio::test]
async fn what_only_the_suite_may_say_is_not_taken_from_outside() {
    let suite = Suite::start().await;
    for roles in [vec!["SYSTEM"], vec!["OPERATOR", "SYSTEM"], vec!["EMPEROR"]] {
        let token = suite.issuer.sign(&Claims::with("roles", roles));
        assert_eq!(suite.refusal(head(&token)).await.reason(), &reason::TOKEN_INVALID);
    }
}

#[tokio::test]
async fn the_service_is_told_who_is_calling() {
    let suite = Suite::start().await;
    let token = suite.issuer.sign(&Claims::with("rep", "91420100717806161W"));
    let seen = suite.head(head(&token)).await;
    // Whether that code is genuine does not matter here, only that an invalid one never passes.
    if let Err(status) = &seen {
        assert_eq!(canopy_platform::from_status(status).reason(), &reason::TOKEN_INVALID);
    }
    let seen = suite.head(head(&suite.token())).await.unwrap();
    let now = Clock::System.now();
    let (actor, time) = suite.assertions.verify(&seen["canopy-assertion"], "registry", now).unwrap();
    assert_eq!(time, None);
    assert_eq!(actor.issuer, "gateway");
    assert_eq!(actor.caller_key(), "data-bureau/portal/operator-1");
    assert_eq!(actor.assurance, "high");
    assert_eq!(actor.purpose.as_deref(), Some("test"));
    assert_eq!(actor.roles, [Role::Operator, Role::Registrar].into());
    assert!(!seen.contains_key("authorization"), "the token went on to the service");
}

#[tokio::test]
async fn an_assertion_from_outside_is_replaced() {
    let suite = Suite::start().await;
    let mut request = head(&suite.token());
    request.metadata_mut().append("canopy-assertion", "forged".parse().unwrap());
    request.metadata_mut().append("canopy-assertion", "twice".parse().unwrap());
    let seen = suite.head(request).await.unwrap();
    let now = Clock::System.now();
    suite.assertions.verify(&seen["canopy-assertion"], "registry", now).unwrap();
}

#[tokio::test]
async fn calls_of_one_token_share_an_assertion() {
    let suite = Suite::start().await;
    let token = suite.token();
    let first = suite.head(head(&token)).await.unwrap();
    let second = suite.head(head(&token)).await.unwrap();
    assert_eq!(first["canopy-assertion"], second["canopy-assertion"]);
    let other = suite.head(head(&suite.issuer.sign(&Claims::with("sub", "operator-2")))).await.unwrap();
    assert_ne!(first["canopy-assertion"], other["canopy-assertion"]);
}

#[tokio::test]
async fn an_assertion_is_for_the_service_behind_the_route() {
    let suite = Suite::with(|config, _| {
        config.audiences.insert(PACKAGE.to_owned(), "register-house".to_owned());
    })
    .await;
    let seen = suite.head(head(&suite.token())).await.unwrap();
    let verify = |audience| suite.assertions.verify(&seen["canopy-assertion"], audience, Clock::System.now());
    verify("register-house").unwrap();
    assert_eq!(verify("registry").unwrap_err().reason(), &reason::ASSERTION_INVALID);
}

#[tokio::test]
async fn a_role_that_does_not_fit_is_refused_early() {
    let suite = Suite::start().await;
    let token = suite.issuer.sign(&Claims::with("roles", vec!["ENTERPRISE"]));
    let failure = suite.refusal(head(&token)).await;
    assert_eq!(failure.reason(), &reason::ROLE_NOT_ALLOWED);
    assert!(suite.service.seen().is_empty(), "the call reached the service");
}
