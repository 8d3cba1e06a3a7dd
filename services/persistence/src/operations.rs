//! What operators and auditors need of every service: refusals, audit records, proofs, parked events, the day.

use canopy_kernel::id::AuditId;
use canopy_kernel::{Failure, PageSize, StoredFailure, reason};
use canopy_platform::to_rpc_status;
use canopy_proto::common::v1::{
    AuditRecord, Checkpoint, ConsistencyProof, GetConsistencyProofRequest, GetInclusionProofRequest,
    InclusionProof, ListAuditRecordsRequest, ListAuditRecordsResponse, ListRefusalsRequest,
    ListRefusalsResponse, Refusal,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::types::Json;
use uuid::Uuid;

use crate::page::PageToken;
use crate::store::Store;
use crate::{db, feed, merkle, sequencer};

/// Lists stored refusals, oldest first.
pub async fn list_refusals(
    store: &Store,
    request: &ListRefusalsRequest,
) -> Result<ListRefusalsResponse, Failure> {
    let size = PageSize::parse(request.page_size, 100, 1000)?;
    let scope = format!("refusals/{}", request.method);
    let (after, id): (Timestamp, Uuid) = PageToken::open(store.crypt(), &scope, &request.page_token)?
        .unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
    let rows = sqlx::query!(
        r#"
        select request_id, method, external_ref, refusal as "refusal!: Json<StoredFailure>", recorded_at
        from platform.idempotency
        where refusal is not null and ($1 = '' or method = $1) and (recorded_at, request_id) > ($2, $3)
        order by recorded_at, request_id
        limit $4
        "#,
        request.method,
        after.to_sqlx(),
        id,
        i64::from(size.get()),
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    let next_page_token = match rows.last() {
        Some(last) if rows.len() == usize::try_from(size.get()).unwrap_or(usize::MAX) => {
            PageToken::seal(store.crypt(), &scope, &(last.recorded_at.to_jiff(), last.request_id))?
        }
        _ => String::new(),
    };
    let refusals = rows
        .into_iter()
        .map(|row| Refusal {
            request_id: row.request_id.to_string(),
            method: row.method,
            external_ref: row.external_ref,
            status: Failure::from_stored(row.refusal.0).as_ref().map(to_rpc_status),
            recorded_at: Some(feed::timestamp(row.recorded_at.to_jiff())),
        })
        .collect();
    Ok(ListRefusalsResponse { refusals, next_page_token })
}

/// Lists audit records that are sequenced, in order of position.
pub async fn list_audit_records(
    store: &Store,
    request: &ListAuditRecordsRequest,
) -> Result<ListAuditRecordsResponse, Failure> {
    let size = PageSize::parse(request.page_size, 100, 1000)?;
    let scope = format!("audit/{}", request.aggregate);
    let after: i64 = PageToken::open(store.crypt(), &scope, &request.page_token)?.unwrap_or(-1);
    sequencer::flush(store).await?;
    let rows = sqlx::query!(
        r#"
        with page as (
            (select position, audit_id
             from platform.audit_position
             where $2 = '' and position > $1
             order by position
             limit $3)
            union all
            (select p.position, p.audit_id
             from platform.audit a
             join platform.audit_position p on p.audit_id = a.id
             where $2 <> '' and a.aggregate = $2 and p.position > $1
             order by p.position
             limit $3)
        )
        select a.id, p.position as "position!", a.method, a.agency, a.person, a.roles, a.aggregate, a.from_state,
               a.to_state, a.reason, a.rule_version, a.effective_on, a.recorded_at, a.leaf
        from page p
        cross join lateral (select * from platform.audit where id = p.audit_id offset 0) a
        order by p.position
        "#,
        after,
        request.aggregate,
        i64::from(size.get()),
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    let next_page_token = match rows.last() {
        Some(last) if rows.len() == usize::try_from(size.get()).unwrap_or(usize::MAX) => {
            PageToken::seal(store.crypt(), &scope, &last.position)?
        }
        _ => String::new(),
    };
    let records = rows
        .into_iter()
        .map(|row| AuditRecord {
            id: AuditId::new(row.id).to_string(),
            position: row.position,
            method: row.method,
            agency: row.agency,
            person: row.person,
            roles: row.roles,
            aggregate: row.aggregate,
            from_state: row.from_state,
            to_state: row.to_state,
            reason: row.reason,
            rule_version: row.rule_version,
            effective_on: row.effective_on.to_jiff().to_string(),
            recorded_at: Some(feed::timestamp(row.recorded_at.to_jiff())),
            leaf: row.leaf,
        })
        .collect();
    Ok(ListAuditRecordsResponse { records, next_page_token })
}

/// The newest signed checkpoint, made now when there is news.
pub async fn checkpoint(store: &Store) -> Result<Checkpoint, Failure> {
    sequencer::flush(store).await?;
    sequencer::checkpoint(store).await?;
    let row =
        sqlx::query!("select tree_size, root, note from platform.checkpoint order by tree_size desc limit 1")
            .fetch_optional(store.pool())
            .await
            .map_err(db)?
            .ok_or_else(|| Failure::new(&reason::UNKNOWN_RECORD))?;
    Ok(Checkpoint { note: row.note, tree_size: row.tree_size, root: row.root })
}

/// Proves that a record stands in the log that the newest checkpoint signs.
pub async fn inclusion_proof(
    store: &Store,
    request: &GetInclusionProofRequest,
) -> Result<InclusionProof, Failure> {
    let id: AuditId = request.audit_id.parse().map_err(|failure: Failure| failure.on("audit_id"))?;
    let checkpoint = checkpoint(store).await?;
    let row = sqlx::query!(
        r#"
        select p.position, a.leaf
        from platform.audit a
        join platform.audit_position p on p.audit_id = a.id
        where a.id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_optional(store.pool())
    .await
    .map_err(db)?
    .ok_or_else(|| Failure::new(&reason::UNKNOWN_RECORD).on("audit_id"))?;
    let position = row.position;
    let (size, at) = (unsigned(checkpoint.tree_size), unsigned(position));
    let mut conn = store.pool().acquire().await.map_err(db)?;
    let indexes = merkle::needed_for_inclusion(size, at).map_err(sequencer::broken)?;
    let hashes = sequencer::read_hashes(&mut conn, &indexes).await?;
    let path = merkle::inclusion_proof(size, at, &hashes).map_err(sequencer::broken)?;
    let hashes = path.iter().map(|hash| hash.0.to_vec()).collect();
    Ok(InclusionProof { position, leaf: row.leaf, hashes, checkpoint: Some(checkpoint) })
}

/// Proves that nothing was rewritten between two sizes of the log.
pub async fn consistency_proof(
    store: &Store,
    request: &GetConsistencyProofRequest,
) -> Result<ConsistencyProof, Failure> {
    let newest = checkpoint(store).await?.tree_size;
    let second = if request.second_size == 0 { newest } else { request.second_size };
    if request.first_size > second || second > newest {
        return Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("first_size"));
    }
    let (old, new) = (unsigned(request.first_size), unsigned(second));
    let mut conn = store.pool().acquire().await.map_err(db)?;
    let indexes = merkle::needed_for_consistency(old, new).map_err(sequencer::broken)?;
    let hashes = sequencer::read_hashes(&mut conn, &indexes).await?;
    let path = merkle::consistency_proof(old, new, &hashes).map_err(sequencer::broken)?;
    let hashes = path.iter().map(|hash| hash.0.to_vec()).collect();
    Ok(ConsistencyProof { hashes, first_size: request.first_size, second_size: second })
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Implements a package's `OperationsService` over store, jobs and consumers, once for all services.
#[macro_export]
macro_rules! operations_service {
    ($($package:ident)::+) => {
        /// Operation and audit of this service.
        #[derive(Clone)]
        pub struct OperationsRpc {
            /// The database.
            pub store: $crate::Store,
            /// Work on a clock.
            pub jobs: $crate::Jobs,
            /// The feeds that this service follows.
            pub consumers: ::std::sync::Arc<Vec<$crate::Consumer>>,
        }

        #[tonic::async_trait]
        impl $($package)::+::operations_service_server::OperationsService for OperationsRpc {
            async fn list_refusals(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::ListRefusalsRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ListRefusalsResponse>, tonic::Status> {
                ::canopy_platform::answer($crate::operations::list_refusals(&self.store, request.get_ref()).await)
            }

            async fn list_audit_records(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::ListAuditRecordsRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ListAuditRecordsResponse>, tonic::Status> {
                let found = $crate::operations::list_audit_records(&self.store, request.get_ref()).await;
                ::canopy_platform::answer(found)
            }

            async fn get_checkpoint(
                &self,
                _request: tonic::Request<::canopy_proto::common::v1::GetCheckpointRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::Checkpoint>, tonic::Status> {
                ::canopy_platform::answer($crate::operations::checkpoint(&self.store).await)
            }

            async fn get_inclusion_proof(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::GetInclusionProofRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::InclusionProof>, tonic::Status> {
                ::canopy_platform::answer($crate::operations::inclusion_proof(&self.store, request.get_ref()).await)
            }

            async fn get_consistency_proof(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::GetConsistencyProofRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ConsistencyProof>, tonic::Status> {
                let proof = $crate::operations::consistency_proof(&self.store, request.get_ref()).await;
                ::canopy_platform::answer(proof)
            }

            async fn list_parked_events(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::ListParkedEventsRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ListParkedEventsResponse>, tonic::Status> {
                ::canopy_platform::answer($crate::parking::list(&self.store, request.get_ref()).await)
            }

            async fn resolve_parked_event(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::ResolveParkedEventRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ResolveParkedEventResponse>, tonic::Status> {
                ::canopy_platform::answer($crate::operations::resolve(&self.store, &self.consumers, request).await)
            }

            async fn list_followed_feeds(
                &self,
                _request: tonic::Request<::canopy_proto::common::v1::ListFollowedFeedsRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ListFollowedFeedsResponse>, tonic::Status> {
                ::canopy_platform::answer($crate::consumer::list(&self.consumers).await)
            }

            async fn resume_feed(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::ResumeFeedRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::ResumeFeedResponse>, tonic::Status> {
                ::canopy_platform::answer($crate::consumer::resume(&self.consumers, request).await)
            }

            async fn advance_to(
                &self,
                request: tonic::Request<::canopy_proto::common::v1::AdvanceToRequest>,
            ) -> Result<tonic::Response<::canopy_proto::common::v1::AdvanceToResponse>, tonic::Status> {
                ::canopy_platform::answer($crate::operations::advance(&self.jobs, &self.consumers, request).await)
            }
        }
    };
}

/// Carries out an operator's decision about a parked event, as an idempotent write.
pub async fn resolve(
    store: &Store,
    consumers: &std::sync::Arc<Vec<crate::Consumer>>,
    request: tonic::Request<canopy_proto::common::v1::ResolveParkedEventRequest>,
) -> Result<canopy_proto::common::v1::ResolveParkedEventResponse, Failure> {
    let call = canopy_platform::Call::of(&request)?;
    let request = request.into_inner();
    canopy_platform::check(&request)?;
    let write = crate::Write::new("resolve_parked_event", &request.request_id, &request);
    let command = (request, consumers.clone());
    store
        .write(&call, write, Ok(command), |tx, command| {
            Box::pin(async move { crate::parking::resolve(tx, &command.1, &command.0).await })
        })
        .await
}

/// Opens a day and waits for the work due by its end. It is idempotent by its meaning, so no answer is stored.
pub async fn advance(
    jobs: &crate::Jobs,
    consumers: &[crate::Consumer],
    request: tonic::Request<canopy_proto::common::v1::AdvanceToRequest>,
) -> Result<canopy_proto::common::v1::AdvanceToResponse, Failure> {
    let call = canopy_platform::Call::of(&request)?;
    canopy_platform::check(request.get_ref())?;
    jobs.advance_to(&call, consumers, request.get_ref()).await
}
