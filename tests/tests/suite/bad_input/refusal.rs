//! What a refusal says, read from the wire as any client reads it.

use std::collections::BTreeMap;

use canopy_platform::status::{DOMAIN, EN, ZH};
use prost::Message;
use tonic::{Code, Status};
use tonic_types::pb;

/// The code, reason and field that a refusal has to have; the field is empty where none is at fault.
pub type Expected<'e> = (Code, &'e str, &'e str);

/// The status with its details, as the call ended with it.
pub fn of(status: &Status) -> pb::Status {
    let told = pb::Status::decode(status.details()).unwrap();
    assert_eq!(Code::from(told.code), status.code(), "{status:?}");
    told
}

/// Checks what it says: code, reason, field, and the same in Chinese and English.
pub fn says(told: &pb::Status, (code, reason, field): Expected<'_>) {
    let info: pb::ErrorInfo = details(told, "ErrorInfo").remove(0);
    assert_eq!((info.domain.as_str(), info.reason.as_str()), (DOMAIN, reason), "{}", told.message);
    assert_eq!(Code::from(told.code), code, "{reason}");
    let words: BTreeMap<String, String> = details::<pb::LocalizedMessage>(told, "LocalizedMessage")
        .into_iter()
        .map(|words| (words.locale, words.message))
        .collect();
    assert!(is_chinese(&words[ZH]) && is_english(&words[EN]), "{reason}: {words:?}");
    let violations: Vec<_> = details::<pb::BadRequest>(told, "BadRequest")
        .into_iter()
        .flat_map(|request| request.field_violations)
        .collect();
    let Some(first) = violations.first() else {
        assert_eq!(field, "", "{reason} names no field");
        return;
    };
    assert_eq!((first.field.as_str(), first.reason.as_str()), (field, reason));
    let chinese = first.localized_message.as_ref().unwrap();
    assert!(chinese.locale == ZH && is_chinese(&chinese.message), "{reason}: {first:?}");
    assert!(is_english(&first.description), "{reason}: {first:?}");
}

fn details<M: Message + Default>(told: &pb::Status, name: &str) -> Vec<M> {
    let named = |url: &str| url.rsplit_once('.').is_some_and(|(_, last)| last == name);
    let of_name = told.details.iter().filter(|detail| named(&detail.type_url));
    of_name.map(|detail| M::decode(detail.value.as_slice()).unwrap()).collect()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

fn is_english(text: &str) -> bool {
    !text.is_empty() && !is_chinese(text)
}
