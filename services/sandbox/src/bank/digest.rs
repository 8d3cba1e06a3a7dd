//! The digest of a message: what is compared without being kept.

use prost::Message;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// SHA-256 of some bytes, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest(String);

impl Digest {
    /// The digest of the bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The digest of a message's wire form, which is the same for equal messages: none here has a map.
    pub fn of_message(message: &impl Message) -> Self {
        Self::of(&message.encode_to_vec())
    }

    /// As hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
