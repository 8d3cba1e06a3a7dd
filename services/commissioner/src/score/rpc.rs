//! `ScoreService`: score sheets and scores at the edge.

use canopy_kernel::{Failure, on_the_wire, reason};
use canopy_persistence::Write;
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::score_service_server::ScoreService;
use tonic::{Request, Response, Status};

use super::model::{Clause, Measure, Sheet};
use super::{SetSheet, rule_score, store};
use crate::broker::require_own;
use crate::commissioner;
use crate::commissioner::model::ordered;
use crate::edge::{Desk, day, day_if_any, opened};

on_the_wire!(Measure <=> pb::ScoreMeasure {
    Visit, Inspection, Contact, ConfirmedActivity, LeadingFirmContact, DemandVerified, SignedProject,
});

/// The service.
pub(crate) struct ScoreRpc(pub(crate) Desk);

#[tonic::async_trait]
impl ScoreService for ScoreRpc {
    async fn set_score_sheet(
        &self,
        request: Request<pb::SetScoreSheetRequest>,
    ) -> Result<Response<pb::ScoreSheet>, Status> {
        answer(set(&self.0, request).await)
    }

    async fn list_score_sheets(
        &self,
        request: Request<pb::ListScoreSheetsRequest>,
    ) -> Result<Response<pb::ListScoreSheetsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn explain_score(
        &self,
        request: Request<pb::ExplainScoreRequest>,
    ) -> Result<Response<pb::Score>, Status> {
        answer(explain(&self.0, request).await)
    }
}

fn message(sheet: &Sheet) -> pb::ScoreSheet {
    let clause = |it: &Clause| pb::ScoreSheetClause {
        measure: it.measure.to_wire(),
        points: it.points,
        cap_points: it.cap.unwrap_or(0),
    };
    pb::ScoreSheet {
        name: sheet.id.to_string(),
        valid_from: sheet.valid_from.to_string(),
        title: sheet.title.clone(),
        maker: sheet.maker.clone(),
        clauses: sheet.clauses.iter().map(clause).collect(),
    }
}

fn read(clause: &pb::ScoreSheetClause) -> Result<Clause, Failure> {
    let unknown = || Failure::new(&reason::ENUM_UNKNOWN).on("measure");
    Ok(Clause {
        measure: Measure::from_wire(clause.measure).ok_or_else(unknown)?,
        points: clause.points,
        cap: Some(clause.cap_points).filter(|cap| *cap > 0),
    })
}

fn read_sheet(request: pb::SetScoreSheetRequest) -> Result<SetSheet, Failure> {
    Ok(SetSheet {
        valid_from: day("valid_from", &request.valid_from)?,
        clauses: request.clauses.iter().map(read).collect::<Result<_, _>>()?,
        title: request.title,
    })
}

async fn set(it: &Desk, request: Request<pb::SetScoreSheetRequest>) -> Result<pb::ScoreSheet, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("set_score_sheet", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_sheet(request), |tx, command| {
            Box::pin(async move { super::set(tx, &command).await.map(|it| message(&it)) })
        })
        .await
}

async fn list(
    it: &Desk,
    request: Request<pb::ListScoreSheetsRequest>,
) -> Result<pb::ListScoreSheetsResponse, Failure> {
    Call::of(&request)?;
    let sheets = store::sheets(it.store.pool()).await?;
    Ok(pb::ListScoreSheetsResponse { sheets: sheets.iter().map(message).collect() })
}

async fn explain(it: &Desk, request: Request<pb::ExplainScoreRequest>) -> Result<pb::Score, Failure> {
    let (call, request) = opened(request)?;
    let number = request.commissioner_no;
    require_own(call.actor(), &number)?;
    let to_on = it.store.as_of(&call, "as_of", &request.as_of)?;
    let from_on = day_if_any("from_on", &request.from_on)?.unwrap_or_else(|| to_on.first_of_year());
    ordered("from_on", from_on, Some(to_on))?;
    let pool = it.store.pool();
    let mut known = commissioner::store::known(pool, std::slice::from_ref(&number)).await?;
    let found = known.remove(&number).ok_or_else(|| commissioner::unknown(&number))?;
    let sheets = store::sheets(pool).await?;
    let mut lines = Vec::new();
    for stretch in rule_score::stretches(&sheets, from_on, to_on) {
        let days = (stretch.from_on, stretch.to_on);
        let amounts = store::amounts(pool, found.id, &number, days, to_on).await?;
        lines.extend(stretch.sheet.clauses.iter().map(|clause| {
            let amount = amounts.get(&clause.measure).copied().unwrap_or_default();
            let points = rule_score::points(*clause, amount);
            pb::ScoreLine {
                sheet: stretch.sheet.id.to_string(),
                from_on: stretch.from_on.to_string(),
                to_on: stretch.to_on.to_string(),
                measure: clause.measure.to_wire(),
                count: amount.count,
                share_bp: amount.share_bp,
                points_each: clause.points,
                uncapped: points.uncapped,
                points: points.points,
            }
        }));
    }
    Ok(pb::Score {
        commissioner_no: number,
        from_on: from_on.to_string(),
        to_on: to_on.to_string(),
        points: lines.iter().map(|line| line.points).sum(),
        lines,
    })
}
