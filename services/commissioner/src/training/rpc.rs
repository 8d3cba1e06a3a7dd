//! `TrainingService`: training at the edge.

use canopy_kernel::{Failure, on_the_wire, reason};
use canopy_persistence::ImportRow;
use canopy_platform::{Call, answer, check};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::training_service_server::TrainingService;
use canopy_proto::common::v1::RowResult;
use tonic::{Request, Response, Status, Streaming};

use super::Entry;
use super::model::{Attendance, Enrolment, Program};
use super::store::{self, Counted, Listing, Place};
use crate::edge::{Answers, Desk, answers, day, day_if_any, opened, rows_of};

on_the_wire!(Program <=> pb::TrainingProgram { TechBroker, Other });

/// The service.
pub(crate) struct TrainingRpc(pub(crate) Desk);

#[tonic::async_trait]
impl TrainingService for TrainingRpc {
    type ImportAttendancesStream = Answers<pb::ImportAttendancesResponse>;

    async fn import_attendances(
        &self,
        request: Request<Streaming<pb::ImportAttendancesRequest>>,
    ) -> Result<Response<Self::ImportAttendancesStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportAttendancesRequest| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = piece(&it, &call, &rows).await?;
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

fn message(attendance: Attendance) -> pb::Attendance {
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

async fn piece(it: &Desk, call: &Call, rows: &[pb::AttendanceRow]) -> Result<Vec<RowResult>, Failure> {
    let rows =
        rows.iter().map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read(row))).collect();
    it.store
        .import(call, "import_attendances", rows, |tx, rows| {
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
    let results = piece(it, &call, &rows).await?;
    Ok(pb::BatchImportAttendancesResponse { results })
}

async fn list(
    it: &Desk,
    request: Request<pb::ListAttendancesRequest>,
) -> Result<pb::ListAttendancesResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListAttendancesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let asked = Listing {
        session_no: &request.session_no,
        person_ref: &request.person_ref,
        day: it.store.as_of(&call, "as_of", &request.as_of)?,
        after: page.after.as_ref(),
        limit: page.limit(),
    };
    let found = store::list(it.store.pool(), &asked).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListAttendancesResponse { attendances: found.into_iter().map(message).collect(), next_page_token })
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
    })
}
