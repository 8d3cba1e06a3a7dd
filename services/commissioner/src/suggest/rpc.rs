//! `SuggestionService`: suggestions at the edge.

use std::cmp::Reverse;

use canopy_kernel::id::{AchievementId, DemandId};
use canopy_kernel::{Failure, Role, reason};
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::suggestion_service_server::SuggestionService;
use jiff::civil::Date;
use sqlx::PgPool;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Suggest;
use super::model::{Clause, Matter, Need, Offer, Reading, Score, Side, Stage};
use super::store::{self, Record};
use crate::edge::{Desk, opened};

/// Candidates that are scored.
const CANDIDATES: usize = 200;
/// Suggestions when the caller names no number.
const SUGGESTIONS: usize = 10;

/// The service.
pub(crate) struct SuggestionRpc {
    pub(crate) desk: Desk,
    pub(crate) suggest: Suggest,
}

#[tonic::async_trait]
impl SuggestionService for SuggestionRpc {
    async fn suggest_matches(
        &self,
        request: Request<pb::SuggestMatchesRequest>,
    ) -> Result<Response<pb::SuggestMatchesResponse>, Status> {
        answer(suggest_matches(&self.desk, &self.suggest, request).await)
    }
}

async fn suggest_matches(
    it: &Desk,
    suggest: &Suggest,
    request: Request<pb::SuggestMatchesRequest>,
) -> Result<pb::SuggestMatchesResponse, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let (side, id) = asked(&request.name)?;
    let pool = it.store.pool();
    let subject = records(pool, side, &[id], day).await?.pop();
    let subject = subject.filter(|found| sees(&call, found)).ok_or_else(|| unknown(side))?;

    // Read before the index is asked: what it holds then is at least as new.
    let index_position = suggest.position();
    let reading = suggest.read(&subject.text);
    let search = suggest.search(side.other(), &reading, CANDIDATES);
    let found = blocking({
        let suggest = suggest.clone();
        move || suggest.find(&search)
    })
    .await?;
    let mut candidates = records(pool, side.other(), &found, day).await?;
    candidates.retain(|candidate| candidate.is_open && sees(&call, candidate));
    let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0).unwrap_or(SUGGESTIONS);
    let ranked = blocking({
        let suggest = suggest.clone();
        move || rank(&suggest, side, &subject, reading, candidates)
    })
    .await?;
    let suggestions =
        ranked.into_iter().take(limit).map(|(record, score)| message(side.other(), record, score));
    Ok(pb::SuggestMatchesResponse { suggestions: suggestions.collect(), index_position })
}

/// Which record is asked about.
fn asked(name: &str) -> Result<(Side, Uuid), Failure> {
    if let Ok(demand) = name.parse::<DemandId>() {
        return Ok((Side::Demand, demand.as_uuid()));
    }
    let achievement = name.parse::<AchievementId>().map_err(|failure: Failure| failure.on("name"))?;
    Ok((Side::Achievement, achievement.as_uuid()))
}

fn unknown(side: Side) -> Failure {
    match side {
        Side::Demand => Failure::new(&reason::UNKNOWN_DEMAND).on("name"),
        Side::Achievement => Failure::new(&reason::UNKNOWN_ACHIEVEMENT).on("name"),
    }
}

/// An institute sees demands from their publication on.
fn sees(call: &Call, record: &Record) -> bool {
    record.is_published || !call.actor().has(Role::Institute)
}

async fn records(pool: &PgPool, side: Side, ids: &[Uuid], day: Date) -> Result<Vec<Record>, Failure> {
    match side {
        Side::Demand => store::demands(pool, ids, day).await,
        Side::Achievement => store::achievements(pool, ids, day).await,
    }
}

/// Scores candidates against the record asked about; the best first, of equals the older record.
fn rank(
    suggest: &Suggest,
    side: Side,
    subject: &Record,
    reading: Reading,
    candidates: Vec<Record>,
) -> Result<Vec<(Record, Score)>, Failure> {
    let readings = candidates.iter().map(|candidate| (candidate, suggest.read(&candidate.text)));
    let scores = match side {
        Side::Demand => {
            let need = need(subject, reading);
            let offers: Vec<Offer> = readings.map(|(candidate, reading)| offer(candidate, reading)).collect();
            suggest.score(offers.iter().map(|offer| (&need, offer)))?
        }
        Side::Achievement => {
            let offer = offer(subject, reading);
            let needs: Vec<Need> = readings.map(|(candidate, reading)| need(candidate, reading)).collect();
            suggest.score(needs.iter().map(|need| (need, &offer)))?
        }
    };
    let mut ranked: Vec<(Record, Score)> = candidates.into_iter().zip(scores).collect();
    ranked.sort_by_key(|(record, score)| (Reverse(score.points()), record.id));
    Ok(ranked)
}

fn need(record: &Record, reading: Reading) -> Need {
    Need { reading, field: record.field.clone(), seat: record.seat(), listing_no: record.listing_no.clone() }
}

fn offer(record: &Record, reading: Reading) -> Offer {
    Offer {
        reading,
        field: record.field.clone(),
        maturity: Stage(u8::try_from(record.maturity).unwrap_or(1)),
        seat: record.seat(),
        listing_no: record.listing_no.clone(),
    }
}

/// Runs what computes for milliseconds where it keeps no other call waiting.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Failure::new(&reason::INTERNAL).because(error)))
}

fn message(side: Side, record: Record, score: Score) -> pb::Suggestion {
    let name = match side {
        Side::Demand => DemandId::new(record.id).to_string(),
        Side::Achievement => AchievementId::new(record.id).to_string(),
    };
    pb::Suggestion {
        name,
        number: record.number,
        uscc: record.uscc,
        title: record.title,
        field: record.field,
        points: score.points(),
        clauses: score.clauses.into_iter().map(clause).collect(),
    }
}

fn clause(clause: Clause) -> pb::ScoreClause {
    let matter = match clause.matter {
        Matter::Words => pb::ScoreMatter::Words,
        Matter::Concern => pb::ScoreMatter::Concern,
        Matter::Field => pb::ScoreMatter::Field,
        Matter::Maturity => pb::ScoreMatter::Maturity,
        Matter::Region => pb::ScoreMatter::Region,
        Matter::Standing => pb::ScoreMatter::Standing,
    };
    pb::ScoreClause { matter: matter.into(), points: clause.points, most: clause.most, found: clause.found }
}
