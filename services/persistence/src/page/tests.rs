//! A token opens for its own query alone, and only as it was sealed.

use canopy_kernel::{Failure, reason};
use serde::{Deserialize, Serialize};

use super::PageToken;
use crate::crypt::Crypt;

const SCOPE: &str = "ListQualifications kind=HNTE";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Position {
    granted_on: String,
    id: u64,
}

fn crypt() -> Crypt {
    let folder = tempfile::tempdir().unwrap();
    Crypt::generate(folder.path()).unwrap();
    Crypt::open(folder.path()).unwrap()
}

fn position() -> Position {
    Position { granted_on: "2022-11-09".to_owned(), id: 7 }
}

fn open(crypt: &Crypt, scope: &str, token: &str) -> Result<Option<Position>, Failure> {
    PageToken::open(crypt, scope, token)
}

#[test]
fn a_token_gives_back_the_position_it_was_sealed_over() {
    let crypt = crypt();
    let token = PageToken::seal(&crypt, SCOPE, &position()).unwrap();
    assert!(token.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_'), "{token}");
    assert_eq!(open(&crypt, SCOPE, &token).unwrap(), Some(position()));
}

#[test]
fn an_empty_token_is_the_first_page() {
    assert_eq!(open(&crypt(), SCOPE, "").unwrap(), None);
}

#[test]
fn any_changed_added_or_missing_character_is_refused() {
    let crypt = crypt();
    let token = PageToken::seal(&crypt, SCOPE, &position()).unwrap();
    let mut forged: Vec<String> =
        vec![token[1..].to_owned(), token[..token.len() - 1].to_owned(), "A".to_owned()];
    forged.extend(["A", "=", "\n", " ", "好"].map(|it| format!("{token}{it}")));
    forged.push("A".repeat(5000));
    for at in 0..token.len() {
        for replacement in ["A", "B", "_", "+"] {
            let mut changed = token.clone();
            changed.replace_range(at..=at, replacement);
            forged.push(changed);
        }
    }
    for changed in forged.into_iter().filter(|it| *it != token) {
        let failure = open(&crypt, SCOPE, &changed).unwrap_err();
        assert_eq!(failure.reason(), &reason::PAGE_TOKEN_INVALID, "{changed}");
        assert_eq!(failure.field(), Some("page_token"));
    }
}

#[test]
fn a_token_of_another_query_key_or_type_is_refused() {
    let keys = crypt();
    let token = PageToken::seal(&keys, SCOPE, &position()).unwrap();
    let another_query = open(&keys, "ListQualifications kind=TECH_SME", &token).unwrap_err();
    assert_eq!(another_query.reason(), &reason::PAGE_TOKEN_INVALID);
    assert_eq!(open(&crypt(), SCOPE, &token).unwrap_err().reason(), &reason::PAGE_TOKEN_INVALID);
    let another_type = PageToken::open::<Vec<u8>>(&keys, SCOPE, &token).unwrap_err();
    assert_eq!(another_type.reason(), &reason::PAGE_TOKEN_INVALID);
}
