//! Page tokens (AIP-158) that cannot be forged: where a list goes on, sealed together with the query it is of.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use canopy_kernel::{Failure, reason};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::crypt::Crypt;

/// Longest token that is read, in characters.
const MAX_TOKEN: usize = 4096;
const SEAL_BYTES: usize = 32;

/// The token of a list's next page: base64url of `HMAC-SHA256 ‖ position as JSON`. The position is sealed but
/// not hidden, so it holds sort keys and ids, never a personal value.
#[derive(Debug)]
pub struct PageToken;

impl PageToken {
    /// The token for that position. The scope is the query with all its filters (and the caller, where the
    /// answer depends on who asks): under another one the token is not valid.
    pub fn seal(crypt: &Crypt, scope: &str, position: &impl Serialize) -> Result<String, Failure> {
        let json =
            serde_json::to_vec(position).map_err(|error| Failure::new(&reason::INTERNAL).because(error))?;
        let seal = crypt.page_seal(scope, &json);
        Ok(BASE64_URL_SAFE_NO_PAD.encode([seal.as_slice(), &json].concat()))
    }

    /// The position that the token stands for; `None` for the empty token, which asks for the first page.
    /// Whatever was not sealed here for this scope is PAGE_TOKEN_INVALID.
    pub fn open<T: DeserializeOwned>(crypt: &Crypt, scope: &str, token: &str) -> Result<Option<T>, Failure> {
        if token.is_empty() {
            return Ok(None);
        }
        let invalid = || Failure::new(&reason::PAGE_TOKEN_INVALID).on("page_token");
        if token.len() > MAX_TOKEN {
            return Err(invalid());
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let (seal, json) = bytes.split_first_chunk::<SEAL_BYTES>().ok_or_else(invalid)?;
        if !crypt.is_page_seal(scope, json, seal) {
            return Err(invalid());
        }
        // A sealed position that does not read is one of an earlier build: start again.
        serde_json::from_slice(json).map(Some).map_err(|error| invalid().because(error))
    }
}

#[cfg(test)]
mod tests;
