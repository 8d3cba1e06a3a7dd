//! `ActivityService`: activities at the edge.

use canopy_kernel::{Failure, Role, on_the_wire, reason};
use canopy_persistence::feed::timestamp;
use canopy_persistence::{ImportRow, Turn, Write};
use canopy_platform::{Call, answer, check};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::activity_service_server::ActivityService;
use canopy_proto::common::v1::RowResult;
use jiff::civil::Date;
use tonic::{Request, Response, Status, Streaming};

use super::model::{Activity, Counterpart, CounterpartKind, Kind, LeadingFirm, Report, Verdict};
use super::rule_confirmation::{self, Confirmation};
use super::{Confirm, Mark};
use crate::commissioner::model::ordered;
use crate::edge::{
    Answers, Desk, answers, code, day, day_if_any, day_text, instant, named, named_if_any, opened, rows_of,
};

mod read;

on_the_wire!(Kind <=> pb::ActivityKind { Visit, Inspection, Contact });
on_the_wire!(CounterpartKind <=> pb::CounterpartKind { ExpertTeam, Project, Firm, Bank, Agency });
on_the_wire!(Confirmation => pb::Confirmation { Awaited, Confirmed, Denied, Silent });

/// The service.
pub(crate) struct ActivityRpc(pub(crate) Desk);

#[tonic::async_trait]
impl ActivityService for ActivityRpc {
    type ImportActivitiesStream = Answers<pb::ImportActivitiesResponse>;

    async fn import_activities(
        &self,
        request: Request<Streaming<pb::ImportActivitiesRequest>>,
    ) -> Result<Response<Self::ImportActivitiesStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportActivitiesRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = report(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportActivitiesResponse { results })
                }
            })
        }))
    }

    async fn batch_import_activities(
        &self,
        request: Request<pb::BatchImportActivitiesRequest>,
    ) -> Result<Response<pb::BatchImportActivitiesResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn confirm_activity(
        &self,
        request: Request<pb::ConfirmActivityRequest>,
    ) -> Result<Response<pb::Activity>, Status> {
        answer(confirm(&self.0, request).await)
    }

    async fn get_activity(
        &self,
        request: Request<pb::GetActivityRequest>,
    ) -> Result<Response<pb::Activity>, Status> {
        answer(read::get(&self.0, request).await)
    }

    async fn list_activities(
        &self,
        request: Request<pb::ListActivitiesRequest>,
    ) -> Result<Response<pb::ListActivitiesResponse>, Status> {
        answer(read::list(&self.0, request).await)
    }

    async fn count_activities(
        &self,
        request: Request<pb::CountActivitiesRequest>,
    ) -> Result<Response<pb::CountActivitiesResponse>, Status> {
        answer(read::count(&self.0, request).await)
    }

    async fn mark_leading_firm(
        &self,
        request: Request<pb::MarkLeadingFirmRequest>,
    ) -> Result<Response<pb::LeadingFirm>, Status> {
        answer(mark(&self.0, request).await)
    }

    async fn list_open_follow_ups(
        &self,
        request: Request<pb::ListOpenFollowUpsRequest>,
    ) -> Result<Response<pb::ListOpenFollowUpsResponse>, Status> {
        answer(read::open_follow_ups(&self.0, request).await)
    }

    async fn list_unfollowed_achievements(
        &self,
        request: Request<pb::ListUnfollowedAchievementsRequest>,
    ) -> Result<Response<pb::ListUnfollowedAchievementsResponse>, Status> {
        answer(read::unfollowed(&self.0, request).await)
    }
}

/// The activity on the wire, as of a day.
pub(crate) fn message(activity: &Activity, silence_days: u32, day: Date) -> pb::Activity {
    let report = &activity.report;
    let confirmation = rule_confirmation::on_day(activity.answer, report.reported_on, silence_days, day);
    let answered_on = activity.answer.map(|answer| answer.answered_on).filter(|on| *on <= day);
    pb::Activity {
        name: activity.id.to_string(),
        activity_no: report.number.clone(),
        kind: report.kind.to_wire(),
        commissioner_no: report.commissioner_no.clone(),
        joint_sheet_no: report.sheet.clone(),
        activity_on: report.activity_on.to_string(),
        reported_at: Some(timestamp(report.reported_at)),
        counterpart_kind: report.counterpart.kind.to_wire(),
        counterpart: report.counterpart.name.clone(),
        counterpart_uscc: report.counterpart.uscc.clone(),
        method_code: report.method_code.clone(),
        note: report.note.clone(),
        evidence: report.evidence.clone(),
        demand: report.demand.map(|id| id.to_string()).unwrap_or_default(),
        achievement: report.achievement.map(|id| id.to_string()).unwrap_or_default(),
        follow_up_on: day_text(report.follow_up_on),
        confirmation: confirmation.to_wire(),
        answered_on: day_text(answered_on),
    }
}

fn missing(field: &'static str) -> Failure {
    Failure::new(&reason::FIELD_MISSING).on(field)
}

fn unknown_word(field: &'static str) -> Failure {
    Failure::new(&reason::ENUM_UNKNOWN).on(field)
}

/// Reads a row. A COMMISSIONER reports his own, now; the bureau takes over records and states when each was reported.
fn read_row(it: &Desk, call: &Call, row: &pb::ActivityRow) -> Result<Report, Failure> {
    let actor = call.actor();
    let reports_himself = actor.has(Role::Commissioner);
    if reports_himself && actor.person.as_deref() != Some(row.commissioner_no.as_str()) {
        return Err(Failure::new(&reason::NOT_OWN_ACTIVITY).on("commissioner_no"));
    }
    check(row)?;
    let reported_at = match &row.reported_at {
        _ if reports_himself => call.now(),
        Some(stated) => instant("reported_at", stated)?,
        None => return Err(missing("reported_at")),
    };
    if !row.counterpart_uscc.is_empty() {
        code("counterpart_uscc", &row.counterpart_uscc)?;
    }
    Ok(Report {
        number: row.activity_no.clone(),
        kind: Kind::from_wire(row.kind).ok_or_else(|| unknown_word("kind"))?,
        commissioner_no: row.commissioner_no.clone(),
        sheet: row.joint_sheet_no.clone(),
        activity_on: day("activity_on", &row.activity_on)?,
        reported_at,
        reported_on: it.store.day_of(reported_at),
        counterpart: Counterpart {
            kind: CounterpartKind::from_wire(row.counterpart_kind)
                .ok_or_else(|| unknown_word("counterpart_kind"))?,
            name: row.counterpart.clone(),
            uscc: row.counterpart_uscc.clone(),
        },
        method_code: row.method_code.clone(),
        note: row.note.clone(),
        evidence: row.evidence.clone(),
        demand: named_if_any("demand", &row.demand)?,
        achievement: named_if_any("achievement", &row.achievement)?,
        follow_up_on: day_if_any("follow_up_on", &row.follow_up_on)?,
    })
}

async fn report(
    it: &Desk,
    call: &Call,
    turn: Turn,
    rows: &[pb::ActivityRow],
) -> Result<Vec<RowResult>, Failure> {
    let rows = rows.iter().map(|row| {
        ImportRow::of(row, &row.request_id, &row.external_ref, read_row(it, call, row))
            .about(|report| [report.number.clone()])
            .about(|report| [report.visit()])
            .about(|report| report.joint())
    });
    it.store
        .import(call, "import_activities", turn, rows.collect(), |tx, rows| {
            Box::pin(async move { super::report(tx, &rows).await })
        })
        .await
}

async fn batch(
    it: &Desk,
    request: Request<pb::BatchImportActivitiesRequest>,
) -> Result<pb::BatchImportActivitiesResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    Ok(pb::BatchImportActivitiesResponse { results: report(it, &call, Turn::alone(), &rows).await? })
}

async fn confirm(it: &Desk, request: Request<pb::ConfirmActivityRequest>) -> Result<pb::Activity, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("confirm_activity", &request.request_id, &request);
    let represented = call.actor().represented.ok_or_else(|| Failure::new(&reason::NOT_REPRESENTED));
    let verdict = if request.denied { Verdict::Denied } else { Verdict::Confirmed };
    let command =
        named("name", &request.name).and_then(|id| Ok(Confirm { id, represented: represented?, verdict }));
    let silence_days = it.config.activity.silence_days;
    it.store
        .write(&call, write, command, move |tx, command| {
            Box::pin(async move {
                let answered = super::confirm(tx, &command).await?;
                Ok(message(&answered, silence_days, tx.today()))
            })
        })
        .await
}

fn mark_message(marked: &LeadingFirm) -> pb::LeadingFirm {
    pb::LeadingFirm {
        name: marked.id.to_string(),
        counterpart: marked.counterpart.clone(),
        industry: marked.industry.clone(),
        from_on: marked.from_on.to_string(),
        to_on: day_text(marked.to_on),
    }
}

fn read_mark(request: pb::MarkLeadingFirmRequest) -> Result<Mark, Failure> {
    let from_on = day("from_on", &request.from_on)?;
    let to_on = day_if_any("to_on", &request.to_on)?;
    ordered("to_on", from_on, to_on)?;
    Ok(Mark { counterpart: request.counterpart, industry: request.industry, from_on, to_on })
}

async fn mark(it: &Desk, request: Request<pb::MarkLeadingFirmRequest>) -> Result<pb::LeadingFirm, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("mark_leading_firm", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_mark(request), |tx, command| {
            Box::pin(async move { super::mark(tx, &command).await.map(|it| mark_message(&it)) })
        })
        .await
}
