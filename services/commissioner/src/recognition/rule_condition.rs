//! Conditions of recognition (`RULES.md` R45, R46): every one that is not met is told.

use canopy_kernel::{Failure, Fen, Reason, reason};
use serde::{Deserialize, Serialize};

/// What a transfer institution states of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// Transfer projects brokered in the last year.
    pub projects_brokered: u32,
    /// Staff.
    pub staff: u32,
    /// Transfer staff among them.
    pub transfer_staff: u32,
}

/// What a conversion centre states of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centre {
    /// Area of the site in square metres.
    pub site_m2: u32,
    /// Cost of its equipment.
    pub equipment: Fen,
    /// Staff.
    pub staff: u32,
    /// Full-time staff among them.
    pub full_time_staff: u32,
    /// Members of the expert committee.
    pub experts: u32,
    /// Members with a senior title or a doctorate among them.
    pub senior_experts: u32,
    /// Service income of the last year.
    pub service_income: Fen,
    /// Whether there was a serious event in the last year.
    pub serious_event: bool,
    /// Joint projects.
    pub joint_projects: u32,
    /// Validation projects in store.
    pub validation_projects: u32,
}

/// What a municipal transfer institution has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstitutionConditions {
    /// Projects brokered in the last year.
    pub projects: u32,
    /// Share of transfer staff, in basis points.
    pub transfer_staff_bp: u32,
}

/// What a conversion centre has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CentreConditions {
    /// Area of the site in square metres.
    pub site_m2: u32,
    /// Cost of equipment.
    pub equipment: Fen,
    /// Full-time staff.
    pub full_time_staff: u32,
    /// Share of full-time staff, in basis points.
    pub full_time_bp: u32,
    /// Share of experts with a senior title or a doctorate, in basis points.
    pub senior_bp: u32,
    /// Service income of a year.
    pub service_income: Fen,
    /// Joint projects.
    pub joint_projects: u32,
    /// Validation projects in store.
    pub validation_projects: u32,
}

fn at_least(have: u32, need: u32, reason: &'static Reason) -> Option<Failure> {
    (have < need).then(|| Failure::new(reason).with("have", have).with("need", need))
}

fn fen_at_least(have: Fen, need: Fen, reason: &'static Reason) -> Option<Failure> {
    (have < need).then(|| Failure::new(reason).with("have", have).with("need", need))
}

/// A share by cross-multiplication: 59.99 % is not 60 %.
fn share_at_least(part: u32, whole: u32, need_bp: u32, reason: &'static Reason) -> Option<Failure> {
    let met = whole > 0 && u64::from(part) * 10_000 >= u64::from(need_bp) * u64::from(whole);
    let have = format!("{part}/{whole}");
    let need = format!("{}.{:02}%", need_bp / 100, need_bp % 100);
    (!met).then(|| Failure::new(reason).with("have", have).with("need", need))
}

/// What a municipal transfer institution lacks.
pub fn institution_lacks(it: &Institution, need: &InstitutionConditions) -> Vec<Failure> {
    let lacks = [
        at_least(it.projects_brokered, need.projects, &reason::PROJECTS_TOO_FEW),
        share_at_least(it.transfer_staff, it.staff, need.transfer_staff_bp, &reason::TRANSFER_STAFF_TOO_FEW),
    ];
    lacks.into_iter().flatten().collect()
}

/// What a conversion centre lacks.
pub fn centre_lacks(it: &Centre, need: &CentreConditions) -> Vec<Failure> {
    let lacks = [
        at_least(it.site_m2, need.site_m2, &reason::SITE_TOO_SMALL),
        fen_at_least(it.equipment, need.equipment, &reason::EQUIPMENT_TOO_LITTLE),
        at_least(it.full_time_staff, need.full_time_staff, &reason::FULL_TIME_TOO_FEW),
        share_at_least(it.full_time_staff, it.staff, need.full_time_bp, &reason::FULL_TIME_SHARE_TOO_LOW),
        share_at_least(it.senior_experts, it.experts, need.senior_bp, &reason::SENIOR_EXPERTS_TOO_FEW),
        fen_at_least(it.service_income, need.service_income, &reason::SERVICE_INCOME_TOO_LOW),
        it.serious_event.then(|| Failure::new(&reason::SERIOUS_EVENT)),
        at_least(it.joint_projects, need.joint_projects, &reason::JOINT_PROJECTS_TOO_FEW),
        at_least(it.validation_projects, need.validation_projects, &reason::VALIDATION_PROJECTS_TOO_FEW),
    ];
    lacks.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTITUTION: InstitutionConditions =
        InstitutionConditions { projects: 6, transfer_staff_bp: 6_000 };

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).unwrap()
    }

    fn names(lacks: Vec<Failure>) -> Vec<&'static str> {
        lacks.iter().map(|failure| failure.reason().name).collect()
    }

    #[test]
    fn a_transfer_institution_brokers_six_projects_with_three_fifths_of_its_staff() {
        let lacks = |projects_brokered, transfer_staff, staff| {
            names(institution_lacks(&Institution { projects_brokered, staff, transfer_staff }, &INSTITUTION))
        };
        assert!(lacks(6, 6, 10).is_empty());
        // 59.99 % and five projects: both are told.
        assert_eq!(lacks(5, 5_999, 10_000), ["PROJECTS_TOO_FEW", "TRANSFER_STAFF_TOO_FEW"]);
        assert_eq!(lacks(6, 5_999, 10_000), ["TRANSFER_STAFF_TOO_FEW"]);
        assert_eq!(lacks(6, 0, 0), ["TRANSFER_STAFF_TOO_FEW"]);
    }

    #[test]
    fn every_condition_of_a_centre_is_judged_at_its_edge() {
        let need = CentreConditions {
            site_m2: 300,
            equipment: fen(500_000_000),
            full_time_staff: 10,
            full_time_bp: 4_000,
            senior_bp: 4_000,
            service_income: fen(1_000_000_000),
            joint_projects: 10,
            validation_projects: 20,
        };
        let sound = Centre {
            site_m2: 300,
            equipment: fen(500_000_000),
            staff: 25,
            full_time_staff: 10,
            experts: 5,
            senior_experts: 2,
            service_income: fen(1_000_000_000),
            serious_event: false,
            joint_projects: 10,
            validation_projects: 20,
        };
        assert!(centre_lacks(&sound, &need).is_empty());
        let faulty = [
            (Centre { site_m2: 299, ..sound }, "SITE_TOO_SMALL"),
            (Centre { equipment: fen(499_999_999), ..sound }, "EQUIPMENT_TOO_LITTLE"),
            (Centre { full_time_staff: 9, staff: 22, ..sound }, "FULL_TIME_TOO_FEW"),
            (Centre { staff: 26, ..sound }, "FULL_TIME_SHARE_TOO_LOW"),
            (Centre { experts: 6, ..sound }, "SENIOR_EXPERTS_TOO_FEW"),
            (Centre { service_income: fen(999_999_999), ..sound }, "SERVICE_INCOME_TOO_LOW"),
            (Centre { serious_event: true, ..sound }, "SERIOUS_EVENT"),
            (Centre { joint_projects: 9, ..sound }, "JOINT_PROJECTS_TOO_FEW"),
            (Centre { validation_projects: 19, ..sound }, "VALIDATION_PROJECTS_TOO_FEW"),
        ];
        for (centre, expected) in faulty {
            assert_eq!(names(centre_lacks(&centre, &need)), [expected]);
        }
    }
}
