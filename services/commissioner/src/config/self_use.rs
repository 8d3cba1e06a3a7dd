//! Section `transfer.self_use` of the configuration.

use canopy_kernel::{BasisPoints, Failure};
use canopy_platform::config::Key;
use serde::Deserialize;

use crate::self_use::rule_floor::Floor;
use crate::self_use::rule_term::Bounds;

/// Section `transfer.self_use`: what the law leaves to agree about a result that the unit uses itself, and what it asks
/// for at least (`RULES.md` R49).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SelfUseSettings {
    /// Smallest part of a year's operating profit that the inventors get, in basis points.
    pub floor_bp: u32,
    /// Fewest years of awards.
    pub years_min: u32,
    /// Most years of awards.
    pub years_max: u32,
}

impl Default for SelfUseSettings {
    fn default() -> Self {
        Self { floor_bp: 500, years_min: 3, years_max: 5 }
    }
}

impl SelfUseSettings {
    /// Its keys, for `--help`.
    pub(super) const KEYS: &'static [Key] = &[
        Key {
            name: "transfer.self_use.floor_bp",
            default: "500",
            meaning: "smallest part of a year's operating profit that a unit awards for its own use, in basis points",
        },
        Key {
            name: "transfer.self_use.years_min",
            default: "3",
            meaning: "fewest years of such awards from the start of production",
        },
        Key { name: "transfer.self_use.years_max", default: "5", meaning: "most years of such awards" },
    ];

    /// The years that a unit may agree.
    pub(crate) const fn bounds(&self) -> Bounds {
        Bounds { min: self.years_min, max: self.years_max }
    }

    /// The smallest award.
    pub(crate) fn floor(&self) -> Result<Floor, Failure> {
        Floor::new(BasisPoints::new(self.floor_bp.into())?)
    }
}
