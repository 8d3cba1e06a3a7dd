//! Sealing, rotation, blind indexes, and what must never show.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use canopy_kernel::reason;

use super::{Crypt, Sealed};

fn keys(folder: &Path) -> Crypt {
    Crypt::generate(folder).unwrap();
    Crypt::open(folder).unwrap()
}

fn sealed_by_hand(byte: u8) -> Sealed {
    Sealed { cipher: vec![byte; 40], key_id: "k0001".to_owned() }
}

#[test]
fn a_sealed_value_opens_and_shows_nothing_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let crypt = keys(folder.path());
    let sealed = crypt.seal("6222 0211 0000 0001");
    assert_eq!(crypt.unseal(&sealed).unwrap(), "6222 0211 0000 0001");
    assert_eq!(sealed.cipher.len(), 1 + 12 + 19 + 16);
    assert!(!String::from_utf8_lossy(&sealed.cipher).contains("6222"));
    assert_ne!(sealed.cipher, crypt.seal("6222 0211 0000 0001").cipher, "the nonce is fresh each time");
}

#[test]
fn the_newest_key_encrypts_and_the_older_ones_still_decrypt() {
    let folder = tempfile::tempdir().unwrap();
    let before = keys(folder.path()).seal("张三");
    fs::write(folder.path().join("k0002.key"), "ab".repeat(32)).unwrap();
    let rotated = Crypt::open(folder.path()).unwrap();
    assert_eq!(rotated.seal("李四").key_id, "k0002");
    assert_eq!(before.key_id, "k0001");
    assert_eq!(rotated.unseal(&before).unwrap(), "张三");
}

#[test]
fn any_altered_byte_or_key_id_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("k0002.key"), "ab".repeat(32)).unwrap();
    let crypt = keys(folder.path());
    let sealed = crypt.seal("E12345678");
    for at in 0..sealed.cipher.len() {
        let mut altered = sealed.clone();
        altered.cipher[at] ^= 1;
        assert_eq!(crypt.unseal(&altered).unwrap_err().reason(), &reason::INTERNAL, "byte {at}");
    }
    for key_id in ["k0001", "k0003", ""] {
        let moved = Sealed { key_id: key_id.to_owned(), ..sealed.clone() };
        assert!(crypt.unseal(&moved).is_err(), "key id {key_id:?}");
    }
    let cut = Sealed { cipher: sealed.cipher[..8].to_vec(), ..sealed };
    assert!(crypt.unseal(&cut).is_err());
    assert!(crypt.unseal(&sealed_by_hand(9)).is_err(), "another form");
}

#[test]
fn a_blind_index_finds_equal_values_of_one_domain_and_key() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let crypt = keys(folder.path());
    let index = crypt.blind_index("registry.passport", "CHN E12345678");
    assert_eq!(index, keys(folder.path()).blind_index("registry.passport", "CHN E12345678"));
    assert_ne!(index, crypt.blind_index("registry.account", "CHN E12345678"));
    assert_ne!(
        index,
        crypt.blind_index("registry.passportC", "HN E12345678"),
        "domain and value do not run together"
    );
    assert_ne!(index, keys(other.path()).blind_index("registry.passport", "CHN E12345678"));
}

#[test]
fn a_blind_index_has_the_documented_form() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.key"), "01".repeat(32)).unwrap();
    let index = keys(folder.path()).blind_index("registry.passport", "E12345678");
    assert_eq!(super::hex(&index), GOLDEN_INDEX, "stored indexes would no longer be found");
}

/// HMAC-SHA256 under 32 bytes 01 of `blind-index`, `registry.passport` and `E12345678`, each behind its length
/// as 8 big-endian bytes; computed by another implementation.
const GOLDEN_INDEX: &str = "a77c40485b6b723395b2f76d4380b88f3b6f063298fa81ca7ea495d055660d17";

#[test]
fn keys_are_made_once_and_only_their_owner_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    Crypt::generate(folder.path()).unwrap();
    let first = fs::read(folder.path().join("k0001.key")).unwrap();
    Crypt::generate(folder.path()).unwrap();
    assert_eq!(fs::read(folder.path().join("k0001.key")).unwrap(), first);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "no draft is left: {names:?}");
    for name in names {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_folder_without_usable_keys_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Crypt::open(&folder.path().join("missing")).is_err());
    assert!(Crypt::open(folder.path()).is_err(), "empty");
    fs::write(folder.path().join("k0001.key"), "ab".repeat(32)).unwrap();
    assert!(Crypt::open(folder.path()).is_err(), "no index key");
    for bad in ["", "ab", &"ab".repeat(33), &"xy".repeat(32), &"é".repeat(32)] {
        fs::write(folder.path().join("index.key"), bad).unwrap();
        let failure = Crypt::open(folder.path()).unwrap_err();
        assert!(failure.internal().unwrap().contains("index.key"), "{bad:?}");
    }
}

#[test]
fn printing_shows_no_key_and_no_plaintext() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("k0002.key"), "ab".repeat(32)).unwrap();
    let crypt = keys(folder.path());
    let printed = format!("{crypt:?} {:?}", crypt.seal("secret"));
    assert_eq!(printed, r#"Crypt { key_ids: ["k0001", "k0002"], .. } Sealed { key_id: "k0002", .. }"#);
}
