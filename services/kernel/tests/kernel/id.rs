//! Typed identifiers.

use std::collections::BTreeSet;

use canopy_kernel::id::{AccountId, REGISTRY, RequestId, SubjectId};
use canopy_kernel::reason;
use uuid::Uuid;

const PLAIN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[test]
fn an_identifier_has_one_text_form() {
    let id: SubjectId = format!("sub_{PLAIN}").parse().unwrap();
    assert_eq!(id.to_string(), format!("sub_{PLAIN}"));
    assert_eq!(id.as_uuid(), Uuid::parse_str(PLAIN).unwrap());
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"sub_{PLAIN}\""));
    assert_eq!(serde_json::from_str::<SubjectId>(&format!("\"sub_{PLAIN}\"")).unwrap(), id);
}

#[test]
fn a_request_id_is_a_plain_uuid() {
    assert_eq!(PLAIN.parse::<RequestId>().unwrap().to_string(), PLAIN);
    assert!(format!("sub_{PLAIN}").parse::<RequestId>().is_err());
}

#[test]
fn another_kinds_or_another_spelling_is_refused() {
    let refused = [
        String::new(),
        PLAIN.to_owned(),
        format!("sub{PLAIN}"),
        format!("acc_{PLAIN}"),
        format!("SUB_{PLAIN}"),
        format!("sub_{}", PLAIN.to_uppercase()),
        format!("sub_{}", PLAIN.replace('-', "")),
        format!("sub_{{{PLAIN}}}"),
        format!("sub_{PLAIN} "),
        format!("sub_{}", Uuid::nil()),
        "sub_".to_owned(),
    ];
    for text in refused {
        let failure = text.parse::<SubjectId>().unwrap_err();
        assert_eq!(failure.reason(), &reason::ID_FORMAT, "{text}");
        assert!(failure.text_en().contains("sub_"), "{}", failure.text_en());
    }
}

#[test]
fn fresh_identifiers_sort_by_their_instant_and_differ() {
    let now: jiff::Timestamp = "2022-09-14T09:30:00+08:00".parse().unwrap();
    let later = now + jiff::SignedDuration::from_millis(1);
    let (first, second) = (AccountId::at(now), AccountId::at(later));
    assert!(first < second);
    assert_ne!(AccountId::at(now), AccountId::at(now));
    assert_eq!(first.as_uuid().get_version_num(), 7);
    let (seconds, _) = first.as_uuid().get_timestamp().unwrap().to_unix();
    assert_eq!(i64::try_from(seconds).unwrap(), now.as_second());
}

#[test]
fn no_two_kinds_share_a_prefix() {
    let prefixes: BTreeSet<&str> = REGISTRY.iter().map(|(_, prefix)| *prefix).collect();
    assert_eq!(prefixes.len(), REGISTRY.len());
    assert!(prefixes.iter().all(|prefix| prefix.is_empty() || prefix.len() == 3));
}
