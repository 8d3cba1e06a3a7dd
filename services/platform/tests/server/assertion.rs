//! Keys and assertions by themselves.

use canopy_kernel::{Role, Uscc};
use canopy_platform::assertion::PublicKey;
use canopy_platform::{AcceptedIssuers, SigningIdentity, generate_key};
use jiff::{SignedDuration, Timestamp};

use crate::suite::{actor, identity, key_of};

fn accepted(identity: &SigningIdentity) -> AcceptedIssuers {
    AcceptedIssuers::new([(identity.name().to_owned(), key_of(identity))])
}

fn noon() -> Timestamp {
    "2026-03-01T04:00:00Z".parse().unwrap()
}

#[test]
fn all_that_is_known_of_a_caller_is_carried() {
    let gateway = identity("gateway");
    let mut caller = actor(Role::Enterprise);
    caller.represented = Some("91420111MA4KXA0264".parse::<Uscc>().unwrap());
    caller.purpose = Some("subsidy check".to_owned());
    caller.roles.insert(Role::Agent);
    let business_time = Some("2022-06-30T01:00:00.5Z".parse().unwrap());
    let token = gateway.issue(&caller, "registry", business_time, noon()).unwrap();
    assert_eq!(accepted(&gateway).verify(&token, "registry", noon()).unwrap(), (caller, business_time));
}

#[test]
fn a_remembered_assertion_expires_like_any_other_and_stays_bound_to_its_audience() {
    let gateway = identity("gateway");
    let issuers = accepted(&gateway);
    let token = gateway.issue(&actor(Role::Operator), "registry", None, noon()).unwrap();
    let judged = |audience: &str, after: i64| {
        let verdict = issuers.verify(&token, audience, noon() + SignedDuration::from_secs(after));
        verdict.map_err(|failure| failure.reason().name).map(|_| ())
    };
    assert_eq!(judged("registry", 0), Ok(()));
    assert_eq!(judged("registry", 65), Ok(()), "clocks may differ by five seconds");
    assert_eq!(judged("registry", 66), Err("ASSERTION_EXPIRED"));
    assert_eq!(judged("subsidy", 0), Err("ASSERTION_INVALID"));
    assert_eq!(judged("registry", -6), Err("ASSERTION_INVALID"));
}

#[test]
fn a_service_may_act_as_system_and_the_gateway_may_not() {
    for (issuer, expected) in [("subsidy", Ok(())), ("gateway", Err("ASSERTION_INVALID"))] {
        let identity = identity(issuer);
        let token = identity.issue(&actor(Role::System), "registry", None, noon()).unwrap();
        let verdict = accepted(&identity).verify(&token, "registry", noon());
        assert_eq!(verdict.map(|_| ()).map_err(|failure| failure.reason().name), expected, "{issuer}");
    }
}

#[test]
fn two_keys_of_one_issuer_are_accepted_while_one_replaces_the_other() {
    let (old, new) = (identity("gateway"), identity("gateway"));
    let keys = [&old, &new].map(|identity| ("gateway".to_owned(), key_of(identity)));
    let issuers = AcceptedIssuers::new(keys);
    for identity in [old, new] {
        let token = identity.issue(&actor(Role::Operator), "registry", None, noon()).unwrap();
        assert!(issuers.verify(&token, "registry", noon()).is_ok());
    }
}

#[test]
fn a_key_is_read_from_pem_and_from_a_seed() {
    let (pem, public) = generate_key().unwrap();
    let from_pem = SigningIdentity::from_bytes("registry", pem.as_bytes()).unwrap();
    assert_eq!(from_pem.public_key(), PublicKey::parse(&public).unwrap());
    assert!(SigningIdentity::from_bytes("registry", &[7; 32]).is_ok());
    assert!(SigningIdentity::from_bytes("registry", b"no key").is_err());
    assert!(PublicKey::parse("AAAA").is_err());
}

#[test]
fn nonsense_is_invalid() {
    let gateway = identity("gateway");
    for token in ["x", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30."] {
        let failure = accepted(&gateway).verify(token, "registry", noon()).unwrap_err();
        assert_eq!(failure.reason().name, "ASSERTION_INVALID", "{token}");
    }
}
