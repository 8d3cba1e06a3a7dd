//! The registry's grants as this service sees them, stood in: what it grants, assesses and revokes it tells in its feed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use canopy_kernel::{Failure, reason};
use canopy_platform::to_status;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::qualification_service_server::QualificationService;
use futures::stream::BoxStream;
use sqlx::PgPool;
use tonic::{Request, Response, Status, Streaming};

use crate::registry::{World, qualification};

type Answer<T> = Result<Response<T>, Status>;

/// Locks of transactions on the tables that hold what the registry is asked for.
const LOCKS: &str = "
    select count(*)
    from pg_locks l
    join pg_class c on c.oid = l.relation
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'commissioner' and c.relname in ('recognition', 'assessment')
      and l.mode in ('RowShareLock', 'RowExclusiveLock') and l.pid <> pg_backend_pid()
      and l.database = (select oid from pg_database where datname = current_database())";

/// How many locks transactions hold on what the registry is asked for.
pub async fn locks(pool: &PgPool) -> i64 {
    sqlx::query_scalar(LOCKS).fetch_one(pool).await.unwrap()
}

/// What was seen of the calls while they were watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Calls that change something.
    pub calls: u32,
    /// Locks that transactions of the service held meanwhile.
    pub locks: i64,
}

/// What becomes of an assessment or a grant that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    #[default]
    Done,
    /// It is refused.
    Refused,
    /// It does not arrive.
    Lost,
    /// Another call came first and had this done: an assessment with that result, or the same grant. This one is refused.
    Overtaken(pb::AssessmentResult),
}

/// The registry's qualifications; cheap to clone.
#[derive(Clone)]
pub struct Grants {
    world: World,
    held: Arc<Mutex<BTreeMap<String, pb::Qualification>>>,
    down: Arc<Mutex<bool>>,
    fate: Arc<Mutex<Fate>>,
    assessed: Arc<Mutex<Vec<String>>>,
    watched: Arc<Mutex<Option<PgPool>>>,
    seen: Arc<Mutex<Seen>>,
}

impl Grants {
    pub fn new(world: World) -> Self {
        Self {
            world,
            held: Arc::default(),
            down: Arc::default(),
            fate: Arc::default(),
            assessed: Arc::default(),
            watched: Arc::default(),
            seen: Arc::default(),
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, pb::Qualification>> {
        self.held.lock().unwrap()
    }

    /// From now on it grants, but its answers do not arrive.
    pub fn set_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    /// What becomes of what is asked for from now on.
    pub fn set_fate(&self, fate: Fate) {
        *self.fate.lock().unwrap() = fate;
    }

    fn fate(&self) -> Fate {
        *self.fate.lock().unwrap()
    }

    /// The days of the assessments that it recorded, as they came.
    pub fn assessed(&self) -> Vec<String> {
        self.assessed.lock().unwrap().clone()
    }

    /// From now on each call looks what the service's transactions hold.
    pub fn watch(&self, pool: &PgPool) {
        *self.watched.lock().unwrap() = Some(pool.clone());
    }

    /// What the calls saw.
    pub fn seen(&self) -> Seen {
        *self.seen.lock().unwrap()
    }

    async fn look(&self) {
        let watched = self.watched.lock().unwrap().clone();
        if let Some(pool) = watched {
            let locks = locks(&pool).await;
            let mut seen = self.seen.lock().unwrap();
            *seen = Seen { calls: seen.calls + 1, locks: seen.locks + locks };
        }
    }

    /// It granted this before.
    pub fn hold(&self, qualification: pb::Qualification) {
        self.held().insert(qualification.name.clone(), qualification.clone());
        self.world.grant(qualification);
    }

    /// What it granted, by name.
    pub fn granted(&self) -> Vec<pb::Qualification> {
        self.held().values().cloned().collect()
    }

    fn answer<T>(&self, answer: T) -> Answer<T> {
        match *self.down.lock().unwrap() {
            true => Err(to_status(&Failure::new(&reason::SERVICE_DOWN).with("service", "registry"))),
            false => Ok(Response::new(answer)),
        }
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut pb::Qualification)) -> pb::Qualification {
        let mut held = self.held();
        let found = held.entry(name.to_owned()).or_default();
        change(found);
        found.clone()
    }
}

fn refused<T>(reason: &'static canopy_kernel::Reason) -> Answer<T> {
    Err(to_status(&Failure::new(reason)))
}

#[tonic::async_trait]
impl QualificationService for Grants {
    type ImportQualificationsStream = BoxStream<'static, Result<pb::ImportQualificationsResponse, Status>>;

    async fn import_qualifications(
        &self,
        _: Request<Streaming<pb::ImportQualificationsRequest>>,
    ) -> Answer<Self::ImportQualificationsStream> {
        refused(&reason::METHOD_UNKNOWN)
    }

    async fn batch_import_qualifications(
        &self,
        _: Request<pb::BatchImportQualificationsRequest>,
    ) -> Answer<pb::BatchImportQualificationsResponse> {
        refused(&reason::METHOD_UNKNOWN)
    }

    async fn grant_qualification(
        &self,
        request: Request<pb::GrantQualificationRequest>,
    ) -> Answer<pb::Qualification> {
        self.look().await;
        let row = request.get_ref().row.clone().unwrap();
        let granted = pb::Qualification {
            level: row.level,
            batch_no: row.batch_no,
            ..qualification(&row.holder_uscc, &row.kind, &row.number, &row.granted_on)
        };
        if request.get_ref().validate_only {
            return self.answer(granted);
        }
        if self.held().contains_key(&granted.name) {
            return refused(&reason::DUPLICATE_QUALIFICATION);
        }
        self.held().insert(granted.name.clone(), granted.clone());
        self.world.grant(granted.clone());
        match self.fate() {
            Fate::Overtaken(_) => refused(&reason::STATE_NOT_ALLOWED),
            _ => self.answer(granted),
        }
    }

    async fn revoke_qualification(
        &self,
        request: Request<pb::RevokeQualificationRequest>,
    ) -> Answer<pb::Qualification> {
        self.look().await;
        let asked = request.into_inner();
        if asked.validate_only {
            return self.answer(self.change(&asked.name, |_| ()));
        }
        let ended = self.change(&asked.name, |it| it.revoked_on = asked.revoked_on);
        self.world.end(ended.clone());
        self.answer(ended)
    }

    async fn assess_qualification(
        &self,
        request: Request<pb::AssessQualificationRequest>,
    ) -> Answer<pb::Qualification> {
        self.look().await;
        let asked = request.into_inner();
        let result = match self.fate() {
            Fate::Refused => return refused(&reason::STATE_NOT_ALLOWED),
            Fate::Lost => return refused(&reason::SERVICE_DOWN),
            Fate::Overtaken(result) => result.into(),
            Fate::Done => asked.result,
        };
        if asked.validate_only {
            return self.answer(self.change(&asked.name, |_| ()));
        }
        self.assessed.lock().unwrap().push(asked.assessed_on.clone());
        let assessed = self.change(&asked.name, |it| it.assessment = result);
        let told = pb::QualificationAssessed {
            qualification: Some(assessed.clone()),
            assessed_on: asked.assessed_on,
        };
        self.world.tell(&told);
        match self.fate() {
            Fate::Overtaken(_) => refused(&reason::STATE_NOT_ALLOWED),
            _ => self.answer(assessed),
        }
    }

    async fn get_qualification(&self, _: Request<pb::GetQualificationRequest>) -> Answer<pb::Qualification> {
        refused(&reason::METHOD_UNKNOWN)
    }

    async fn list_qualifications(
        &self,
        request: Request<pb::ListQualificationsRequest>,
    ) -> Answer<pb::ListQualificationsResponse> {
        let holder = &request.get_ref().holder_uscc;
        let qualifications = self.held().values().filter(|it| it.holder_uscc == *holder).cloned().collect();
        self.answer(pb::ListQualificationsResponse { qualifications, next_page_token: String::new() })
    }

    async fn count_qualifications(
        &self,
        _: Request<pb::CountQualificationsRequest>,
    ) -> Answer<pb::CountQualificationsResponse> {
        refused(&reason::METHOD_UNKNOWN)
    }
}
