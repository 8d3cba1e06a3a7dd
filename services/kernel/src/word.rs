//! Closed lists of words: enums that stand as text in a database and as numbers on the wire.

use crate::failure::Failure;
use crate::reason;

/// Declares an enum whose variants are words of the data: `as_str` gives the word, `stored` reads it back.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The word in the data.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word back from the database.
            pub fn stored(text: &str) -> Result<Self, $crate::Failure> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::word::unknown(stringify!($name), text)),
                }
            }
        }
    };
}

/// Maps such an enum to the wire's enum of the same variants: `=>` tells it, `<=>` also reads it.
#[macro_export]
macro_rules! on_the_wire {
    ($name:ident => $wire:ty { $($variant:ident),* $(,)? }) => {
        impl $name {
            /// The number on the wire.
            pub(crate) fn to_wire(self) -> i32 {
                match self {
                    $(Self::$variant => <$wire>::$variant.into(),)*
                }
            }
        }
    };
    ($name:ident <=> $wire:ty { $($variant:ident),* $(,)? }) => {
        $crate::on_the_wire!($name => $wire { $($variant),* });

        impl $name {
            /// The word for the number on the wire; `None` when it is not stated.
            pub(crate) fn from_wire(number: i32) -> Option<Self> {
                match <$wire>::try_from(number).ok()? {
                    $(<$wire>::$variant => Some(Self::$variant),)*
                    <$wire>::Unspecified => None,
                }
            }
        }
    };
}

/// A stored word that this build does not know.
pub fn unknown(list: &'static str, text: &str) -> Failure {
    Failure::new(&reason::INTERNAL).because(format_args!("stored {list} {text:?} is unknown"))
}
