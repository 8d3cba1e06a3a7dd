//! `TrainingService`: training at the edge.

use canopy_kernel::id::AttendanceId;
use canopy_kernel::{Failure, on_the_wire, reason};
use canopy_persistence::edge::named;
use canopy_persistence::{ImportRow, Turn, Write};
use canopy_platform::{Call, answer, check};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::training_service_server::TrainingService;
use canopy_proto::common::v1::RowResult;
use jiff::civil::Date;
use tonic::{Request, Response, Status, Streaming};

use super::model::{Attendance, Decision, Enrolment, Outcome, Program, State};
use super::store::{self, Counted, Listing, Place};
use super::{Entry, Stated};
use crate::edge::{Answers, Desk, answers, day, day_if_any, day_text, opened, rows_of};

on_the_wire!(Program <=> pb::TrainingProgram { TechBroker, Other });
on_the_wire!(Outcome <=> pb::TrainingOutcome { Passed, Failed });
on_the_wire!(State => pb::TrainingState { Enrolled, Attended, Passed, Failed });

/// The service.
pub(crate) struct TrainingRpc(pub(crate) Desk);

#[tonic::async_trait]
impl TrainingService for TrainingRpc {
    type ImportAttendancesStream = Answers<pb::ImportAttendancesResponse>;
    type ImportTrainingResultsStream = Answers<pb::ImportTrainingResultsResponse>;

    async fn import_attendances(
        &self,
        request: Request<Streaming<pb::ImportAttendancesRequest>>,
    ) -> Result<Response<Self::ImportAttendancesStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportAttendancesRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = piece(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportAttendancesResponse { results })
                }
            })
        }))
    }

    async fn batch_import_attendances(
        &self,
        request: Request<pb::BatchImportAttendancesRequest>,
    ) -> Result<Response<pb::BatchImportAttendancesResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn record_attendance(
        &self,
        request: Request<pb::RecordAttendanceRequest>,
    ) -> Result<Response<pb::Attendance>, Status> {
        answer(attend(&self.0, request).await)
    }

    async fn import_training_results(
        &self,
        request: Request<Streaming<pb::ImportTrainingResultsRequest>>,
    ) -> Result<Response<Self::ImportTrainingResultsStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportTrainingResultsRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = results(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportTrainingResultsResponse { results })
                }
            })
        }))
    }

    async fn batch_import_training_results(
        &self,
        request: Request<pb::BatchImportTrainingResultsRequest>,
    ) -> Result<Response<pb::BatchImportTrainingResultsResponse>, Status> {
        answer(batch_results(&self.0, request).await)
    }

    async fn list_attendances(
        &self,
        request: Request<pb::ListAttendancesRequest>,
    ) -> Result<Response<pb::ListAttendancesResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn count_training(
        &self,
        request: Request<pb::CountTrainingRequest>,
    ) -> Result<Response<pb::CountTrainingResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// The enrolment as it stands on a day: a later result is not shown.
fn message(attendance: Attendance, day: Date) -> pb::Attendance {
    let state = attendance.state_on(day);
    let decided_on = attendance.decision.map(|it| it.decided_on).filter(|on| *on <= day);
    let enrolment = attendance.enrolment;
    pb::Attendance {
        name: attendance.id.to_string(),
        session_no: enrolment.session_no,
        session_on: enrolment.session_on.to_string(),
        topic: enrolment.topic,
        program: enrolment.program.to_wire(),
        person_ref: enrolment.person_ref,
        attended: enrolment.attended,
        hours: enrolment.hours,
        state: state.to_wire(),
        decided_on: day_text(decided_on),
    }
}

fn read(row: &pb::AttendanceRow) -> Result<Entry, Failure> {
    check(row)?;
    let program = Program::from_wire(row.program);
    let enrolment = Enrolment {
        session_no: row.session_no.clone(),
        session_on: day("session_on", &row.session_on)?,
        topic: row.topic.clone(),
        program: program.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("program"))?,
        person_ref: row.person_ref.clone(),
        attended: row.attended,
        hours: row.hours,
    };
    Ok(Entry { enrolment, person_name: row.person_name.clone() })
}

async fn piece(
    it: &Desk,
    call: &Call,
    turn: Turn,
    rows: &[pb::AttendanceRow],
) -> Result<Vec<RowResult>, Failure> {
    let rows =
        rows.iter().map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read(row))).collect();
    it.store
        .import(call, "import_attendances", turn, rows, |tx, rows| {
            Box::pin(async move { super::enter(tx, &rows).await })
        })
        .await
}

async fn batch(
    it: &Desk,
    request: Request<pb::BatchImportAttendancesRequest>,
) -> Result<pb::BatchImportAttendancesResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let results = piece(it, &call, Turn::alone(), &rows).await?;
    Ok(pb::BatchImportAttendancesResponse { results })
}

async fn attend(it: &Desk, request: Request<pb::RecordAttendanceRequest>) -> Result<pb::Attendance, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("record_attendance", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, named::<AttendanceId>("name", &request.name), |tx, id| {
            Box::pin(async move {
                let attended = super::attend(tx, *id).await?;
                Ok(message(attended, tx.today()))
            })
        })
        .await
}

fn read_result(row: &pb::TrainingResultRow) -> Result<Stated, Failure> {
    check(row)?;
    let outcome = Outcome::from_wire(row.outcome);
    let decision = Decision {
        outcome: outcome.ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("outcome"))?,
        decided_on: day("decided_on", &row.decided_on)?,
    };
    Ok(Stated { session_no: row.session_no.clone(), person_ref: row.person_ref.clone(), decision })
}

async fn results(
    it: &Desk,
    call: &Call,
    turn: Turn,
    rows: &[pb::TrainingResultRow],
) -> Result<Vec<RowResult>, Failure> {
    let rows = rows
        .iter()
        .map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read_result(row)))
        .collect();
    it.store
        .import(call, "import_training_results", turn, rows, |tx, rows| {
            Box::pin(async move { super::decide(tx, &rows).await })
        })
        .await
}

async fn batch_results(
    it: &Desk,
    request: Request<pb::BatchImportTrainingResultsRequest>,
) -> Result<pb::BatchImportTrainingResultsResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let results = results(it, &call, Turn::alone(), &rows).await?;
    Ok(pb::BatchImportTrainingResultsResponse { results })
}

async fn list(
    it: &Desk,
    request: Request<pb::ListAttendancesRequest>,
) -> Result<pb::ListAttendancesResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListAttendancesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let asked = Listing {
        session_no: &request.session_no,
        person_ref: &request.person_ref,
        day,
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    let attendances = found.into_iter().map(|it| message(it, day)).collect();
    Ok(pb::ListAttendancesResponse { attendances, next_page_token })
}

async fn count(
    it: &Desk,
    request: Request<pb::CountTrainingRequest>,
) -> Result<pb::CountTrainingResponse, Failure> {
    let (call, request) = opened(request)?;
    let asked = Counted {
        program: Program::from_wire(request.program),
        from: day_if_any("from", &request.from)?,
        to: it.store.as_of(&call, "as_of", &request.as_of)?,
        known_before: it.store.known_before("known_at", &request.known_at)?,
    };
    let sums = store::count(it.store.pool(), &asked).await?;
    Ok(pb::CountTrainingResponse {
        person_times: sums.person_times,
        persons: sums.persons,
        sessions: sums.sessions,
        absences: sums.absences,
        passed: sums.passed,
        failed: sums.failed,
    })
}
