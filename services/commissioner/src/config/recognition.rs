//! Section `recognition` of the configuration.

use canopy_kernel::{Failure, Fen};
use canopy_platform::config::Key;
use serde::Deserialize;

use crate::recognition::rule_condition::{CentreConditions, InstitutionConditions};

/// Section `recognition`: conditions of the city's notices (`RULES.md` R45, R46) and of assessments (R47).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecognitionSettings {
    /// Projects that a transfer institution brokered in the last year.
    pub projects: u32,
    /// Share of its transfer staff, in basis points.
    pub transfer_staff_bp: u32,
    /// Area of a centre's site in square metres.
    pub site_m2: u32,
    /// Cost of its equipment in fen.
    pub equipment_fen: i64,
    /// Its full-time staff.
    pub full_time_staff: u32,
    /// Share of its full-time staff, in basis points.
    pub full_time_bp: u32,
    /// Share of its experts with a senior title or a doctorate, in basis points.
    pub senior_bp: u32,
    /// Its service income of a year in fen.
    pub service_income_fen: i64,
    /// Its joint projects.
    pub joint_projects: u32,
    /// Its validation projects in store.
    pub validation_projects: u32,
    /// So many failed assessments in a row revoke.
    pub fails_to_revoke: u32,
}

impl Default for RecognitionSettings {
    fn default() -> Self {
        Self {
            projects: 6,
            transfer_staff_bp: 6000,
            site_m2: 300,
            equipment_fen: 500_000_000,
            full_time_staff: 10,
            full_time_bp: 4000,
            senior_bp: 4000,
            service_income_fen: 1_000_000_000,
            joint_projects: 10,
            validation_projects: 20,
            fails_to_revoke: 2,
        }
    }
}

impl RecognitionSettings {
    /// Its keys, for `--help`.
    pub(super) const KEYS: &'static [Key] = &[
        Key {
            name: "recognition.projects",
            default: "6",
            meaning: "projects that a transfer institution brokered in the last year",
        },
        Key {
            name: "recognition.transfer_staff_bp",
            default: "6000",
            meaning: "share of its transfer staff, in basis points",
        },
        Key {
            name: "recognition.site_m2",
            default: "300",
            meaning: "area of a conversion centre's site in square metres",
        },
        Key {
            name: "recognition.equipment_fen",
            default: "500000000",
            meaning: "cost of its equipment in fen",
        },
        Key { name: "recognition.full_time_staff", default: "10", meaning: "its full-time staff" },
        Key {
            name: "recognition.full_time_bp",
            default: "4000",
            meaning: "share of its full-time staff, in basis points",
        },
        Key {
            name: "recognition.senior_bp",
            default: "4000",
            meaning: "share of its experts with a senior title or a doctorate, in basis points",
        },
        Key {
            name: "recognition.service_income_fen",
            default: "1000000000",
            meaning: "its service income of a year in fen",
        },
        Key { name: "recognition.joint_projects", default: "10", meaning: "its joint projects" },
        Key {
            name: "recognition.validation_projects",
            default: "20",
            meaning: "its validation projects in store",
        },
        Key {
            name: "recognition.fails_to_revoke",
            default: "2",
            meaning: "so many failed assessments in a row revoke a recognition",
        },
    ];

    /// Conditions of a municipal transfer institution.
    pub(crate) fn institution(&self) -> InstitutionConditions {
        InstitutionConditions { projects: self.projects, transfer_staff_bp: self.transfer_staff_bp }
    }

    /// Conditions of a conversion centre.
    pub(crate) fn centre(&self) -> Result<CentreConditions, Failure> {
        Ok(CentreConditions {
            site_m2: self.site_m2,
            equipment: Fen::new(self.equipment_fen)?,
            full_time_staff: self.full_time_staff,
            full_time_bp: self.full_time_bp,
            senior_bp: self.senior_bp,
            service_income: Fen::new(self.service_income_fen)?,
            joint_projects: self.joint_projects,
            validation_projects: self.validation_projects,
        })
    }
}
