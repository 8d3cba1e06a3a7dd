//! The issuer's key and tokens, read as the gateway reads them.

use std::os::unix::fs::PermissionsExt as _;

use canopy_kernel::Role;
use canopy_sandbox::issuer::{Grant, Issuer};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::constant(1_663_000_000, 0);

fn grant() -> Grant {
    Grant {
        person: Some("maker".into()),
        agency: "st-bureau".into(),
        system: "office".into(),
        assurance: "high".into(),
        roles: [Role::StBureau, Role::Operator].into(),
        represented: Some("91420111MA4KPR3D8L".parse().unwrap()),
        purpose: Some("payout".into()),
        may_set_time: true,
        lifetime: SignedDuration::from_hours(12),
    }
}

/// The claims, when the signature is that of the exported key.
fn read(token: &str, issuer: &Issuer) -> jsonwebtoken::errors::Result<Value> {
    // The exported form is plain base64; a JWK component is the same without padding, for URLs.
    let component = issuer.public_key().replace('+', "-").replace('/', "_");
    let key = DecodingKey::from_ed_components(component.trim_end_matches('='))?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["canopy"]);
    validation.validate_exp = false;
    Ok(jsonwebtoken::decode(token, &key, &validation)?.claims)
}

#[test]
fn a_token_says_who_calls_and_is_proved_by_the_exported_key() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(folder.path()).unwrap();
    let token = issuer.mint(&grant(), NOW).unwrap();
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid.as_deref(), Some(issuer.key_id()));
    let expected = json!({
        "iss": "sandbox", "aud": "canopy", "iat": 1_663_000_000, "exp": 1_663_043_200,
        "sub": "maker", "agency": "st-bureau", "system": "office", "assurance": "high",
        "roles": ["ST_BUREAU", "OPERATOR"], "rep": "91420111MA4KPR3D8L", "purpose": "payout", "may_set_time": true,
    });
    assert_eq!(read(&token, &issuer).unwrap(), expected);
}

#[test]
fn a_token_of_another_issuer_is_not_proved() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, theirs) = (Issuer::open(ours.path()).unwrap(), Issuer::open(theirs.path()).unwrap());
    assert_ne!(ours.key_id(), theirs.key_id());
    assert!(read(&theirs.mint(&grant(), NOW).unwrap(), &ours).is_err());
}

#[test]
fn the_key_is_made_once_and_its_owner_alone_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = Issuer::open(&folder.path().join("issuer")).unwrap();
    let again = Issuer::open(&folder.path().join("issuer")).unwrap();
    assert_eq!((first.key_id(), first.public_key()), (again.key_id(), again.public_key()));
    let mode = std::fs::metadata(folder.path().join("issuer/issuer.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path().join("issuer")).unwrap().count(), 1);
}

#[test]
fn a_key_that_others_may_read_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    Issuer::open(folder.path()).unwrap();
    let file = folder.path().join("issuer.pem");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(format!("{:#}", Issuer::open(folder.path()).unwrap_err()).contains("chmod 600"));
}

#[test]
fn nobody_gets_the_role_of_the_suites_own_services() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::open(folder.path()).unwrap();
    assert!(issuer.mint(&Grant { roles: [Role::System].into(), ..grant() }, NOW).is_err());
}
