//! What every identifier in text form shares: display, parsing and serde through its `parse`.

/// Implements `Display`, `FromStr`, `Serialize` and `Deserialize` by `as_str` and the named reader.
macro_rules! text_form {
    ($name:ident, read back by $reader:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::failure::Failure;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::$reader(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use text_form;

/// An ASCII text whose bytes were checked at construction.
pub(crate) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("ASCII by construction")
}
