//! Applications for recognition on the wire.

use canopy_kernel::{Failure, Fen, StoredFailure, on_the_wire, reason};
use canopy_proto::commissioner::v1 as pb;

use super::model::{Level, Recognition, State, Subject};
use super::rule_condition::{Centre, Institution};
use crate::edge::day_text;

on_the_wire!(Level <=> pb::RecognitionLevel { Municipal, Provincial, National });
on_the_wire!(State <=> pb::RecognitionState {
    Applied, DistrictRecommended, Reviewed, Rejected, Publicised, Recognised
});

fn number(field: &'static str, value: i32) -> Result<u32, Failure> {
    u32::try_from(value).map_err(|_| Failure::new(&reason::FIELD_OUT_OF_RANGE).on(field).with("min", 0))
}

/// A part within its whole.
fn part(field: &'static str, value: i32, whole: u32) -> Result<u32, Failure> {
    let value = number(field, value)?;
    match value <= whole {
        true => Ok(value),
        false => Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on(field).with("max", whole)),
    }
}

/// Reads what is applied for, with the figures of its kind.
pub(super) fn subject(request: &pb::ApplyRecognitionRequest) -> Result<Subject, Failure> {
    let missing = |field| Failure::new(&reason::FIELD_MISSING).on(field);
    match request.kind() {
        pb::RecognitionKind::TransferInstitution => {
            let level = Level::from_wire(request.level).ok_or_else(|| missing("level"))?;
            let told = request.institution.as_ref().ok_or_else(|| missing("institution"))?;
            let staff = number("institution.staff", told.staff)?;
            let figures = Institution {
                projects_brokered: number("institution.projects_brokered", told.projects_brokered)?,
                staff,
                transfer_staff: part("institution.transfer_staff", told.transfer_staff, staff)?,
            };
            Ok(Subject::Institution(level, figures))
        }
        pb::RecognitionKind::ConversionCentre => {
            let told = request.centre.as_ref().ok_or_else(|| missing("centre"))?;
            centre(told).map(Subject::Centre)
        }
        pb::RecognitionKind::Unspecified => Err(Failure::new(&reason::ENUM_UNKNOWN).on("kind")),
    }
}

fn centre(told: &pb::CentreFigures) -> Result<Centre, Failure> {
    let staff = number("centre.staff", told.staff)?;
    let experts = number("centre.experts", told.experts)?;
    Ok(Centre {
        site_m2: number("centre.site_m2", told.site_m2)?,
        equipment: Fen::new(told.equipment_fen)?,
        staff,
        full_time_staff: part("centre.full_time_staff", told.full_time_staff, staff)?,
        experts,
        senior_experts: part("centre.senior_experts", told.senior_experts, experts)?,
        service_income: Fen::new(told.service_income_fen)?,
        serious_event: told.serious_event,
        joint_projects: number("centre.joint_projects", told.joint_projects)?,
        validation_projects: number("centre.validation_projects", told.validation_projects)?,
    })
}

fn told(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn institution_message(it: &Institution) -> pb::InstitutionFigures {
    pb::InstitutionFigures {
        projects_brokered: told(it.projects_brokered),
        staff: told(it.staff),
        transfer_staff: told(it.transfer_staff),
    }
}

fn centre_message(it: &Centre) -> pb::CentreFigures {
    pb::CentreFigures {
        site_m2: told(it.site_m2),
        equipment_fen: it.equipment.get(),
        staff: told(it.staff),
        full_time_staff: told(it.full_time_staff),
        experts: told(it.experts),
        senior_experts: told(it.senior_experts),
        service_income_fen: it.service_income.get(),
        serious_event: it.serious_event,
        joint_projects: told(it.joint_projects),
        validation_projects: told(it.validation_projects),
    }
}

fn unmet(stored: &StoredFailure) -> pb::UnmetCondition {
    let first = &stored.first;
    pb::UnmetCondition {
        reason: first.reason.clone(),
        text_zh: first.words.zh.clone(),
        text_en: first.words.en.clone(),
    }
}

/// The application.
pub(crate) fn message(recognition: &Recognition) -> pb::Recognition {
    let (kind, institution, centre) = match &recognition.subject {
        Subject::Institution(_, figures) => {
            (pb::RecognitionKind::TransferInstitution, Some(institution_message(figures)), None)
        }
        Subject::Centre(figures) => {
            (pb::RecognitionKind::ConversionCentre, None, Some(centre_message(figures)))
        }
    };
    let reviewed = recognition.reviewed.as_ref();
    pb::Recognition {
        name: recognition.id.to_string(),
        applicant_uscc: recognition.applicant.to_string(),
        kind: kind.into(),
        level: recognition.subject.level().map_or(0, Level::to_wire),
        institution,
        centre,
        state: recognition.state().to_wire(),
        unmet: reviewed.map(|(_, lacks)| lacks.iter().map(unmet).collect()).unwrap_or_default(),
        applied_on: recognition.applied_on.to_string(),
        recommended_on: day_text(recognition.recommended_on),
        reviewed_on: day_text(reviewed.map(|(day, _)| *day)),
        publicity_posted_on: day_text(recognition.publicity.map(|it| it.posted_on)),
        publicity_last_on: day_text(recognition.publicity.map(|it| it.last_on)),
        recognised_on: day_text(recognition.recognised.map(|(day, _)| day)),
        qualification: recognition.recognised.map(|(_, id)| id.to_string()).unwrap_or_default(),
        etag: recognition.version.to_string(),
    }
}
