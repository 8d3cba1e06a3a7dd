//! Section `transfer.tax_note` of the configuration.

use canopy_kernel::{BasisPoints, Failure};
use canopy_platform::config::Key;
use serde::Deserialize;

use crate::deal::rule_tax::TaxNote;

/// Section `transfer.tax_note`: what is told of the tax on cash awards (`RULES.md` R48).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaxNoteSettings {
    /// Years from the income in which an award is taxed in part.
    pub years: u32,
    /// The part that is taxed, in basis points.
    pub taxed_bp: u32,
}

impl Default for TaxNoteSettings {
    fn default() -> Self {
        Self { years: 3, taxed_bp: 5000 }
    }
}

impl TaxNoteSettings {
    /// Its keys, for `--help`.
    pub(super) const KEYS: &'static [Key] = &[
        Key {
            name: "transfer.tax_note.years",
            default: "3",
            meaning: "years from the income in which a cash award to an inventor is taxed in part",
        },
        Key {
            name: "transfer.tax_note.taxed_bp",
            default: "5000",
            meaning: "the part of such an award that is taxed, in basis points",
        },
    ];

    /// What is told of the tax on an award.
    pub(crate) fn note(&self) -> Result<TaxNote, Failure> {
        TaxNote::new(self.years, BasisPoints::new(self.taxed_bp.into())?)
    }
}
