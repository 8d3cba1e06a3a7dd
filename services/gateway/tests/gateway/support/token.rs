//! An issuer of tokens, honest or not.

use canopy_kernel::Clock;
use canopy_platform::generate_key;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// Signs tokens.
pub struct Issuer {
    pub name: String,
    pub kid: String,
    private: String,
    public: String,
}

/// What a token says; the default is good.
pub struct Claims(Value);

impl Default for Claims {
    fn default() -> Self {
        let now = Clock::System.now().as_second();
        Self(json!({
            "aud": "canopy", "iat": now, "exp": now + 600,
            "agency": "data-bureau", "system": "portal", "sub": "operator-1", "assurance": "high",
            "roles": ["OPERATOR", "REGISTRAR"], "purpose": "test",
        }))
    }
}

impl Claims {
    /// The default, but for this.
    pub fn with(key: &str, value: impl Into<Value>) -> Self {
        Self::default().and(key, value)
    }

    #[must_use]
    pub fn and(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0[key] = value.into();
        self
    }
}

impl Issuer {
    pub fn new(name: &str) -> Self {
        Self::with_kid(name, "2022")
    }

    pub fn with_kid(name: &str, kid: &str) -> Self {
        let (private, public) = generate_key().unwrap();
        Self { name: name.to_owned(), kid: kid.to_owned(), private, public }
    }

    /// Key id and public key, as the configuration has them.
    pub fn key(&self) -> (String, String) {
        (self.kid.clone(), self.public.clone())
    }

    pub fn sign(&self, claims: &Claims) -> String {
        let mut claims = claims.0.clone();
        claims["iss"] = self.name.clone().into();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        let key = EncodingKey::from_ed_pem(self.private.as_bytes()).unwrap();
        jsonwebtoken::encode(&header, &claims, &key).unwrap()
    }
}
