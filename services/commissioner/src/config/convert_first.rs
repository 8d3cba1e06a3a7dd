//! Section `transfer.convert_first` of the configuration.

use canopy_kernel::{BasisPoints, Failure};
use canopy_platform::config::Key;
use serde::Deserialize;

use crate::convert_first::rule_terms::Bounds;

/// Section `transfer.convert_first`: what no notice of the city settles about deals that are converted first and paid
/// later (`RULES.md` R44).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConvertFirstSettings {
    /// The usual free period in months from the signature.
    pub free_months: u32,
    /// The longest free period in months.
    pub free_months_max: u32,
    /// The smallest share of revenue, in basis points.
    pub revenue_share_min_bp: u32,
    /// The largest share of revenue, in basis points.
    pub revenue_share_max_bp: u32,
    /// Calendar days to pay what has become due.
    pub payment_days: u32,
}

impl Default for ConvertFirstSettings {
    fn default() -> Self {
        Self {
            free_months: 12,
            free_months_max: 36,
            revenue_share_min_bp: 100,
            revenue_share_max_bp: 500,
            payment_days: 30,
        }
    }
}

impl ConvertFirstSettings {
    /// Its keys, for `--help`.
    pub(super) const KEYS: &'static [Key] = &[
        Key {
            name: "transfer.convert_first.free_months",
            default: "12",
            meaning: "usual free period of a convert-first deal in months from the signature",
        },
        Key {
            name: "transfer.convert_first.free_months_max",
            default: "36",
            meaning: "longest free period in months",
        },
        Key {
            name: "transfer.convert_first.revenue_share_min_bp",
            default: "100",
            meaning: "smallest share of revenue, in basis points",
        },
        Key {
            name: "transfer.convert_first.revenue_share_max_bp",
            default: "500",
            meaning: "largest share of revenue, in basis points",
        },
        Key {
            name: "transfer.convert_first.payment_days",
            default: "30",
            meaning: "calendar days to pay what has become due",
        },
    ];

    /// What the parties of a convert-first deal may agree.
    pub(crate) fn bounds(&self) -> Result<Bounds, Failure> {
        Ok(Bounds {
            free_months: self.free_months,
            free_months_max: self.free_months_max,
            share_min: BasisPoints::new(self.revenue_share_min_bp.into())?,
            share_max: BasisPoints::new(self.revenue_share_max_bp.into())?,
            payment_days: self.payment_days,
        })
    }
}
