//! Keys for what must not be read in the database: sealed personal columns, blind indexes to look them up by,
//! and the seal of page tokens.
//!
//! A key folder holds one line of 64 hex digits (32 random bytes) per file:
//! - `<key id>.key`: AES-256-GCM keys. The last one by id encrypts, all of them decrypt; to rotate, add one.
//! - `index.key`: HMAC-SHA256 key of blind indexes and page tokens. It stays, or every index has to be rebuilt.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use canopy_kernel::{Failure, reason};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::secret_file;

/// First byte of a sealed value: the form `version ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, with the version and
/// the key id authenticated beside it. The key encrypts the value itself: values are short and at 2^32 of them
/// a key is rotated, so a data key per value would only add bytes.
const FORM: u8 = 1;
const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;
const INDEX_KEY: &str = "index";
const FIRST_KEY: &str = "k0001";

/// The keys of a service. Cheap to clone; printing it shows key ids alone.
#[derive(Clone)]
pub struct Crypt(Arc<Keys>);

struct Keys {
    newest: String,
    ciphers: BTreeMap<String, Aes256Gcm>,
    index: [u8; KEY_BYTES],
}

/// A sealed value as two columns: `x_cipher bytea`, `x_key_id text`.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Version, nonce, ciphertext and tag.
    pub cipher: Vec<u8>,
    /// Id of the key that opens it.
    pub key_id: String,
}

impl Crypt {
    /// The keys of a folder. A folder without any is refused: a service that made its own could not read what
    /// was written before.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let mut keys = read_folder(folder)?;
        let index =
            keys.remove(INDEX_KEY).ok_or_else(|| secret_file::refused(folder, "it holds no index.key"))?;
        let newest = keys
            .last_key_value()
            .map(|(id, _)| id.clone())
            .ok_or_else(|| secret_file::refused(folder, "it holds no key to encrypt with"))?;
        let ciphers = keys.into_iter().map(|(id, key)| (id, Aes256Gcm::new(&key.into()))).collect();
        Ok(Self(Arc::new(Keys { newest, ciphers, index })))
    }

    /// Makes the keys of a try-out where there are none, readable by their owner alone.
    pub fn generate(folder: &Path) -> Result<(), Failure> {
        fs::create_dir_all(folder).map_err(|error| secret_file::refused(folder, error))?;
        for id in [INDEX_KEY, FIRST_KEY] {
            let path = folder.join(format!("{id}.key"));
            if !path.exists() {
                secret_file::create(&path, &hex(&random::<KEY_BYTES>()))?;
            }
        }
        Ok(())
    }

    /// Seals a value with the newest key. Equal values seal differently.
    pub fn seal(&self, value: &str) -> Sealed {
        let key_id = self.0.newest.clone();
        let nonce = random::<NONCE_BYTES>();
        let payload = Payload { msg: value.as_bytes(), aad: &associated(&key_id) };
        let sealed = self.0.ciphers[&key_id]
            .encrypt(&Nonce::from(nonce), payload)
            .expect("AES-GCM takes any value under 64 GiB");
        let mut cipher = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        cipher.push(FORM);
        cipher.extend_from_slice(&nonce);
        cipher.extend_from_slice(&sealed);
        Sealed { cipher, key_id }
    }

    /// Opens a sealed value with the key that it names.
    pub fn unseal(&self, sealed: &Sealed) -> Result<String, Failure> {
        let key_id = sealed.key_id.as_str();
        let fault = |what: &str| {
            Failure::new(&reason::INTERNAL).because(format!("sealed value of key {key_id:?}: {what}"))
        };
        let cipher = self.0.ciphers.get(key_id).ok_or_else(|| fault("this key is not in the folder"))?;
        let rest = sealed.cipher.strip_prefix(&[FORM]).ok_or_else(|| fault("unknown form"))?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| fault("cut short"))?;
        let payload = Payload { msg: text, aad: &associated(key_id) };
        let plain = cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| fault("it was altered"))?;
        String::from_utf8(plain).map_err(|_| fault("it is not text"))
    }

    /// What stands for a value in an index: equal values of a domain (`registry.passport`) have equal ones, and
    /// without the key nobody can compute it. The value has to be in its canonical spelling.
    pub fn blind_index(&self, domain: &str, value: &str) -> [u8; 32] {
        self.mac("blind-index", domain, value.as_bytes()).finalize().into_bytes().into()
    }

    /// The seal of a page token.
    pub(crate) fn page_seal(&self, scope: &str, position: &[u8]) -> [u8; 32] {
        self.mac("page-token", scope, position).finalize().into_bytes().into()
    }

    /// Whether that is the seal; in constant time.
    pub(crate) fn is_page_seal(&self, scope: &str, position: &[u8], seal: &[u8; 32]) -> bool {
        self.mac("page-token", scope, position).verify_slice(seal).is_ok()
    }

    /// One key serves several uses: use and domain come with their lengths, so no two inputs run together.
    fn mac(&self, usage: &str, domain: &str, value: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0.index).expect("HMAC takes a key of any length");
        for part in [usage.as_bytes(), domain.as_bytes(), value] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Crypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crypt").field("key_ids", &self.0.ciphers.keys()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

fn associated(key_id: &str) -> Vec<u8> {
    [&[FORM], key_id.as_bytes()].concat()
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, [u8; KEY_BYTES]>, Failure> {
    let refused = |error| secret_file::refused(folder, error);
    let mut keys = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let (Some(id), Some("key")) =
            (path.file_stem().and_then(|it| it.to_str()), path.extension().and_then(|it| it.to_str()))
        else {
            continue;
        };
        let key = unhex(&secret_file::read(&path)?)
            .ok_or_else(|| secret_file::refused(&path, "it is not one line of 64 hex digits"))?;
        keys.insert(id.to_owned(), key);
    }
    Ok(keys)
}

/// Random bytes of the thread's generator, which the system seeds.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let pairs = text.as_bytes().chunks_exact(2).map(|pair| {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        u8::try_from(digit(0)? * 16 + digit(1)?).ok()
    });
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    (text.len() == 2 * KEY_BYTES).then(|| bytes.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests;
