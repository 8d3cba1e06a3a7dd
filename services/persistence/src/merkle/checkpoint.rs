//! Checkpoints: size and root of the log under the service's signature, for anyone to keep and compare.

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use canopy_kernel::Failure;
use ed25519_dalek::SigningKey;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::Hash;

use super::MerkleError;
use crate::secret_file;

/// Ed25519 in a signed-note key, before the key's bytes.
const ED25519: u8 = 1;

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The log: `canopy/<service>`.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}

/// The key that signs a service's checkpoints; its name is the log's origin. Printing it shows the name alone.
#[derive(Clone)]
pub struct LogSigner {
    signer: StandardSigner,
    verifier_key: String,
}

impl LogSigner {
    /// The key of a file: one line in the signed-note form `PRIVATE+KEY+<name>+<id>+<key>`, made for this
    /// service.
    pub fn open(path: &Path, service: &str) -> Result<Self, Failure> {
        let line = secret_file::read(path)?;
        Self::parse(&line, service).map_err(|why| secret_file::refused(path, why))
    }

    /// Makes the key of a try-out where there is none, readable by its owner alone.
    pub fn generate(path: &Path, service: &str) -> Result<(), Failure> {
        if path.exists() {
            return Ok(());
        }
        let mut seed = [0; 32];
        rand::fill(&mut seed);
        secret_file::create(path, &encoded(&SigningKey::from_bytes(&seed), &origin(service)))
    }

    fn parse(line: &str, service: &str) -> Result<Self, &'static str> {
        let signer = StandardSigner::new(line).map_err(|_| "it is no signed-note key")?;
        if signer.name() != origin(service) {
            return Err("it is the key of another log");
        }
        // The key itself may hold a `+`: it is what stands behind the fourth.
        let key = line.splitn(5, '+').nth(4).and_then(|it| BASE64_STANDARD.decode(it).ok());
        let seed = key.as_deref().and_then(|it| it.split_first_chunk::<1>()?.1.try_into().ok());
        let seed: [u8; 32] = seed.ok_or("it is no Ed25519 key")?;
        let public = SigningKey::from_bytes(&seed).verifying_key();
        let verifier_key = signed_note::new_ed25519_verifier_key(signer.name(), &public);
        Ok(Self { signer, verifier_key })
    }

    /// The log's origin, `canopy/<service>`.
    pub fn origin(&self) -> &str {
        self.signer.name()
    }

    /// The public key, as `<name>+<id>+<key>`: what [`verify_checkpoint`] takes.
    pub fn verifier_key(&self) -> &str {
        &self.verifier_key
    }

    /// The signed checkpoint of a tree.
    pub fn checkpoint(&self, size: u64, root: &Hash) -> Result<String, MerkleError> {
        let body = tlog_tiles::Checkpoint::new(self.origin(), size, *root, "").map_err(refused)?.to_bytes();
        let mut note = Note::new(&body, &[]).map_err(refused)?;
        note.add_sigs(&[&self.signer]).map_err(refused)?;
        String::from_utf8(note.to_bytes()).map_err(refused)
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSigner").field("verifier_key", &self.verifier_key).finish_non_exhaustive()
    }
}

/// Reads a checkpoint that this key has signed for its own log. Needs nothing but the two texts.
pub fn verify_checkpoint(note: &str, verifier_key: &str) -> Result<Checkpoint, MerkleError> {
    let verifier = StandardVerifier::new(verifier_key).map_err(refused)?;
    let name = verifier.name().to_owned();
    let note = Note::from_bytes(note.as_bytes()).map_err(refused)?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(refused)?;
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(refused)?;
    if checkpoint.origin() != name {
        return Err(refused("its origin is not the name of the key"));
    }
    Ok(Checkpoint { origin: name, size: checkpoint.size(), root: *checkpoint.hash() })
}

fn refused(why: impl fmt::Display) -> MerkleError {
    MerkleError::Checkpoint(why.to_string())
}

fn origin(service: &str) -> String {
    format!("canopy/{service}")
}

/// The key in the signed-note form; the id is that of its public half.
fn encoded(key: &SigningKey, name: &str) -> String {
    let public = [&[ED25519], key.verifying_key().as_bytes().as_slice()].concat();
    let private = [&[ED25519], key.as_bytes().as_slice()].concat();
    let id = signed_note::key_id(name, &public);
    format!("PRIVATE+KEY+{name}+{id:08x}+{}", BASE64_STANDARD.encode(private))
}
