//! Configuration of the service. What the law or a notice sets is a rule parameter, not a key here; these are the
//! choices of the installation.

use canopy_persistence::DatabaseSettings;
use canopy_platform::ServerSettings;
use canopy_platform::config::Key;
use serde::Deserialize;

use crate::suggest::SuggestSettings;

mod convert_first;
mod recognition;
mod self_use;
mod tax_note;

pub use convert_first::ConvertFirstSettings;
pub use recognition::RecognitionSettings;
pub use self_use::SelfUseSettings;
pub use tax_note::TaxNoteSettings;

/// The whole configuration of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How it serves.
    #[serde(default)]
    pub server: ServerSettings,
    /// Its database.
    pub database: DatabaseSettings,
    /// Address of the registry.
    pub registry: String,
    /// Address of the permit service, whose feed tells registered contracts; none = no contracts are followed.
    #[serde(default)]
    pub permit: Option<String>,
    /// How demands and matches are kept.
    #[serde(default)]
    pub matching: MatchingSettings,
    /// How activities are kept.
    #[serde(default)]
    pub activity: ActivitySettings,
    /// How results are transferred.
    #[serde(default)]
    pub transfer: TransferSettings,
    /// What recognition asks for.
    #[serde(default)]
    pub recognition: RecognitionSettings,
    /// How matches are suggested.
    #[serde(default)]
    pub suggest: SuggestSettings,
}

/// Section `activity`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivitySettings {
    /// Calendar days after which a counterpart that has not answered counts as silent (`RULES.md` R4).
    pub silence_days: u32,
    /// Months without an activity after which a key achievement is told as not followed up (`RULES.md` R5).
    pub unfollowed_months: u32,
}

impl Default for ActivitySettings {
    fn default() -> Self {
        Self { silence_days: 15, unfollowed_months: 6 }
    }
}

/// Section `transfer`: what no notice of the city settles (`RULES.md` R41, R43).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransferSettings {
    /// Calendar days of publicity before an empowerment is filed.
    pub empowerment_publicity_days: u32,
    /// Smallest share of net income or shares that a policy may give the inventors, in basis points.
    pub inventor_floor_bp: u32,
    /// What the parties of a convert-first deal may agree.
    pub convert_first: ConvertFirstSettings,
    /// What is told of the tax on cash awards.
    pub tax_note: TaxNoteSettings,
    /// What a unit awards that uses a result itself.
    pub self_use: SelfUseSettings,
}

impl Default for TransferSettings {
    fn default() -> Self {
        Self {
            empowerment_publicity_days: 15,
            inventor_floor_bp: 5000,
            convert_first: ConvertFirstSettings::default(),
            tax_note: TaxNoteSettings::default(),
            self_use: SelfUseSettings::default(),
        }
    }
}

/// Section `matching`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatchingSettings {
    /// Months after which an open demand to which nothing happens is stale (`RULES.md` R11).
    pub stale_months: u16,
    /// Calendar days for the answer to a referral or hand-over (`RULES.md` R15).
    pub handover_days: u16,
}

impl Default for MatchingSettings {
    fn default() -> Self {
        Self { stale_months: 12, handover_days: 10 }
    }
}

impl Config {
    /// The service's own keys, for `--help`; those of `server` and `database` stand beside them.
    pub const KEYS: &'static [Key] = &[
        Key {
            name: "registry",
            default: "",
            meaning: "address of the registry, such as http://127.0.0.1:7101",
        },
        Key {
            name: "permit",
            default: "",
            meaning: "address of the permit service; without one no registered contracts are followed",
        },
        Key {
            name: "matching.stale_months",
            default: "12",
            meaning: "months after which an open demand to which nothing happens is stale",
        },
        Key {
            name: "matching.handover_days",
            default: "10",
            meaning: "calendar days for the answer to a referral or hand-over",
        },
        Key {
            name: "activity.silence_days",
            default: "15",
            meaning: "calendar days after which a counterpart that has not answered counts as silent",
        },
        Key {
            name: "activity.unfollowed_months",
            default: "6",
            meaning: "months without an activity after which a key achievement is told as not followed up",
        },
        Key {
            name: "transfer.empowerment_publicity_days",
            default: "15",
            meaning: "calendar days of publicity before an empowerment is filed",
        },
        Key {
            name: "transfer.inventor_floor_bp",
            default: "5000",
            meaning: "smallest share of net income or shares that a policy may give the inventors, in basis points",
        },
        Key {
            name: "suggest.folder",
            default: "",
            meaning: "folder of the index of suggestions, for one process alone; empty = in memory",
        },
        Key {
            name: "suggest.lexicon_file",
            default: "",
            meaning: "TOML file with the words of the trade that suggestions read; empty = those of the suite",
        },
        Key {
            name: "suggest.weights",
            default: "words 400, concern 250, field 150, maturity 120, region 30, standing 50",
            meaning: "points that each clause of a suggestion's score can give, e.g. suggest.weights.field",
        },
    ];

    /// Every key, for `--help`.
    pub fn keys() -> Vec<Key> {
        [
            ServerSettings::KEYS,
            DatabaseSettings::KEYS,
            Self::KEYS,
            ConvertFirstSettings::KEYS,
            TaxNoteSettings::KEYS,
            SelfUseSettings::KEYS,
            RecognitionSettings::KEYS,
        ]
        .concat()
    }
}
