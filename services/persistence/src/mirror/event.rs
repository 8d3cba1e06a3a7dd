//! The registry's events read into facts.

use std::collections::BTreeMap;

use canopy_kernel::{DayKind, Failure, RuleParameter, SubjectStatus, date, reason};
use canopy_proto::common::v1::Envelope;
use canopy_proto::registry::v1 as pb;
use jiff::civil::Date;
use prost::{Message, Name};
use uuid::Uuid;

use super::model::{Assessed, BEGINNING, Dated, Listing, Qualification, Subject};

/// The facts of a batch of events by what they are about; of several the latest.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub subjects: BTreeMap<String, Subject>,
    pub statuses: BTreeMap<(String, Date), Dated>,
    pub qualifications: BTreeMap<Uuid, Qualification>,
    pub assessments: BTreeMap<(Uuid, Date), Assessed>,
    pub listings: BTreeMap<Uuid, Listing>,
    /// Name of the set and its rows.
    pub calendar: Option<(String, Vec<(Date, DayKind)>)>,
    /// Name of the set and its rows.
    pub parameters: Option<(String, Vec<RuleParameter>)>,
    /// Name of the set and its rows.
    pub settings: Option<(String, Vec<(String, String)>)>,
}

impl Facts {
    /// Takes what an event says; types that are not mirrored are left alone.
    pub fn take(&mut self, event: &Envelope) -> Result<(), Failure> {
        let kind = event.r#type.as_str();
        if kind == pb::SubjectChanged::full_name() {
            self.take_subject(decode::<pb::SubjectChanged>(event)?.subject, event.position)
        } else if kind == pb::QualificationGranted::full_name() {
            let told = decode::<pb::QualificationGranted>(event)?.qualification;
            self.take_qualification(told, Some(BEGINNING), event.position)
        } else if kind == pb::QualificationEnded::full_name() {
            // What it says of assessments was told when they were made.
            let told = decode::<pb::QualificationEnded>(event)?.qualification;
            self.take_qualification(told, None, event.position)
        } else if kind == pb::QualificationAssessed::full_name() {
            let told = decode::<pb::QualificationAssessed>(event)?;
            let assessed_on = date::parse(&told.assessed_on)?;
            self.take_qualification(told.qualification, Some(assessed_on), event.position)
        } else if kind == pb::CreditListed::full_name() {
            self.take_listing(decode::<pb::CreditListed>(event)?.listing, event.position)
        } else if kind == pb::CreditRepaired::full_name() {
            self.take_listing(decode::<pb::CreditRepaired>(event)?.listing, event.position)
        } else if kind == pb::ReferenceSetActivated::full_name() {
            self.take_reference(decode(event)?)
        } else {
            Ok(())
        }
    }

    /// A subject with a code; of persons nothing is mirrored.
    fn take_subject(&mut self, told: Option<pb::Subject>, position: i64) -> Result<(), Failure> {
        let Some(told) = told else { return Ok(()) };
        let kind = match told.kind() {
            pb::SubjectKind::Enterprise => "ENTERPRISE",
            pb::SubjectKind::University => "UNIVERSITY",
            pb::SubjectKind::ResearchInstitute => "RESEARCH_INSTITUTE",
            pb::SubjectKind::AdminUnit => "ADMIN_UNIT",
            pb::SubjectKind::Person | pb::SubjectKind::Unspecified => return Ok(()),
        };
        let status = match told.status() {
            pb::SubjectStatus::MovedOut => SubjectStatus::MovedOut,
            pb::SubjectStatus::Deregistered => SubjectStatus::Deregistered,
            pb::SubjectStatus::Active | pb::SubjectStatus::Unspecified => SubjectStatus::Active,
        };
        let effective_on = day_if_any(&told.status_since)?.unwrap_or(BEGINNING);
        let dated = Dated { uscc: told.uscc.clone(), effective_on, status, position };
        self.statuses.insert((told.uscc.clone(), effective_on), dated);
        let subject = Subject {
            uscc: told.uscc.clone(),
            kind: kind.to_owned(),
            title: told.title,
            area_code: told.area_code,
            located_in_city: told.located_in_city,
            is_pilot_unit: told.is_pilot_unit,
            position,
        };
        self.subjects.insert(told.uscc, subject);
        Ok(())
    }

    /// A recognition, with the assessment that it states when that is news.
    fn take_qualification(
        &mut self,
        told: Option<pb::Qualification>,
        assessed_on: Option<Date>,
        position: i64,
    ) -> Result<(), Failure> {
        let Some(told) = told else { return Ok(()) };
        let id: canopy_kernel::id::QualificationId = told.name.parse()?;
        let result = match told.assessment() {
            pb::AssessmentResult::Excellent => Some("EXCELLENT"),
            pb::AssessmentResult::Pass => Some("PASS"),
            pb::AssessmentResult::Fail => Some("FAIL"),
            pb::AssessmentResult::Unspecified => None,
        };
        if let (Some(assessed_on), Some(result)) = (assessed_on, result) {
            let assessed = Assessed { qualification: id, assessed_on, result, position };
            self.assessments.insert((id.as_uuid(), assessed_on), assessed);
        }
        let level = match told.level() {
            pb::QualificationLevel::Municipal => "MUNICIPAL",
            pb::QualificationLevel::Provincial => "PROVINCIAL",
            pb::QualificationLevel::National => "NATIONAL",
            pb::QualificationLevel::Unspecified => "",
        };
        let qualification = Qualification {
            id,
            level: level.to_owned(),
            granted_on: day_if_any(&told.granted_on)?,
            expires_on: day_if_any(&told.expires_on)?,
            revoked_on: day_if_any(&told.revoked_on)?,
            superseded_on: day_if_any(&told.superseded_on)?,
            holder_uscc: told.holder_uscc,
            kind: told.kind,
            tier: told.tier,
            number: told.number,
            first_recognition: told.first_recognition,
            batch_no: told.batch_no,
            position,
        };
        self.qualifications.insert(id.as_uuid(), qualification);
        Ok(())
    }

    fn take_listing(&mut self, told: Option<pb::CreditListing>, position: i64) -> Result<(), Failure> {
        let Some(told) = told else { return Ok(()) };
        let id: canopy_kernel::id::CreditListingId = told.name.parse()?;
        let listing = Listing {
            id,
            listing_no: told.listing_no,
            uscc: told.uscc,
            measures: told.measures,
            decided_on: date::parse(&told.decided_on)?,
            repaired_on: day_if_any(&told.repaired_on)?,
            position,
        };
        self.listings.insert(id.as_uuid(), listing);
        Ok(())
    }

    /// A set of a kind that is mirrored; the others are asked of nobody here.
    fn take_reference(&mut self, told: pb::ReferenceSetActivated) -> Result<(), Failure> {
        use pb::reference_row::Row;
        let set = told.set.unwrap_or_default();
        let rows = told.rows.into_iter().filter_map(|row| row.row);
        match set.kind() {
            pb::ReferenceKind::Calendar => {
                let days = rows.filter_map(|row| match row {
                    Row::CalendarDay(day) => Some(calendar_day(&day)),
                    _ => None,
                });
                self.calendar = Some((set.name, days.collect::<Result<_, _>>()?));
            }
            pb::ReferenceKind::RuleParameters => {
                let version = set.name.clone();
                let parameters = rows.filter_map(|row| match row {
                    Row::RuleParameter(told) => Some(rule_parameter(told, &version)),
                    _ => None,
                });
                self.parameters = Some((set.name.clone(), parameters.collect::<Result<_, _>>()?));
            }
            pb::ReferenceKind::Settings => {
                let settings = rows.filter_map(|row| match row {
                    Row::Setting(setting) => Some((setting.key, setting.value)),
                    _ => None,
                });
                self.settings = Some((set.name, settings.collect()));
            }
            _ => {}
        }
        Ok(())
    }
}

fn decode<M: Message + Default>(event: &Envelope) -> Result<M, Failure> {
    M::decode(event.payload.as_slice())
        .map_err(|error| Failure::new(&reason::INTERNAL).because(format_args!("event {}: {error}", event.id)))
}

fn day_if_any(text: &str) -> Result<Option<Date>, Failure> {
    match text {
        "" => Ok(None),
        text => date::parse(text).map(Some),
    }
}

fn calendar_day(told: &pb::CalendarDay) -> Result<(Date, DayKind), Failure> {
    let kind = match told.kind() {
        pb::CalendarDayKind::Off => DayKind::Off,
        pb::CalendarDayKind::Work => DayKind::Work,
        pb::CalendarDayKind::Unspecified => return Err(Failure::new(&reason::ENUM_UNKNOWN).on("kind")),
    };
    Ok((date::parse(&told.day)?, kind))
}

fn rule_parameter(told: pb::RuleParameter, set: &str) -> Result<RuleParameter, Failure> {
    Ok(RuleParameter {
        valid_from: date::parse(&told.valid_from)?,
        valid_to: day_if_any(&told.valid_to)?,
        unit: told.unit.parse()?,
        key: told.key,
        value: told.value,
        version: set.to_owned(),
    })
}
