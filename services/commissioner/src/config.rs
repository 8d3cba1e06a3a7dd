//! Configuration of the service. What the law or a notice sets is a rule parameter, not a key here; these are the
//! choices of the installation.

use anyhow::{Context as _, ensure};
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

/// The whole in basis points.
const WHOLE_BP: u32 = 10_000;

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

impl TransferSettings {
    /// Refuses what contradicts itself or what no rule can work with: at the start, before a call meets it.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.inventor_floor_bp <= WHOLE_BP, "transfer.inventor_floor_bp is above {WHOLE_BP}");
        self.tax_note.note().context("transfer.tax_note.taxed_bp")?;
        self.self_use.floor().context("transfer.self_use.floor_bp")?;
        let (fewest, most) = (self.self_use.years_min, self.self_use.years_max);
        ensure!((1..=most).contains(&fewest), "transfer.self_use.years_min is not within 1 and years_max");
        let first = &self.convert_first;
        ensure!(
            first.free_months <= first.free_months_max,
            "transfer.convert_first.free_months is above free_months_max"
        );
        let (least, largest) = (first.revenue_share_min_bp, first.revenue_share_max_bp);
        ensure!(
            least <= largest && largest <= WHOLE_BP,
            "transfer.convert_first.revenue_share_min_bp and revenue_share_max_bp are not in order up to {WHOLE_BP}"
        );
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_rule_can_work_with_is_refused_by_its_key() {
        assert!(TransferSettings::default().check().is_ok());
        type Change = fn(&mut TransferSettings);
        let refused: [(&str, Change); 7] = [
            ("inventor_floor_bp", |it| it.inventor_floor_bp = 10_001),
            ("tax_note.taxed_bp", |it| it.tax_note.taxed_bp = 10_001),
            ("self_use.floor_bp", |it| it.self_use.floor_bp = 10_001),
            ("self_use.years_min", |it| it.self_use.years_min = 0),
            ("self_use.years_min", |it| it.self_use.years_max = 2),
            ("convert_first.free_months", |it| it.convert_first.free_months = 37),
            ("convert_first.revenue_share_min_bp", |it| it.convert_first.revenue_share_min_bp = 501),
        ];
        for (key, change) in refused {
            let mut settings = TransferSettings::default();
            change(&mut settings);
            let refusal = format!("{:#}", settings.check().unwrap_err());
            assert!(refusal.contains(key), "{key}: {refusal}");
        }
    }
}
