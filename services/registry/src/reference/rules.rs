//! The rule parameters in force. A set never changes once it is active, so its table is read once per process
//! and kept under the set's id; which set is active is asked each time.

use std::sync::{Arc, RwLock};

use canopy_kernel::id::ReferenceSetId;
use canopy_kernel::{Failure, RuleTable};
use sqlx::PgPool;
use uuid::Uuid;

use super::model::ReferenceKind;
use super::{rule_rows, store};

/// The rule parameters of the active set.
#[derive(Debug, Default)]
pub(crate) struct Active {
    /// The set, `ref_…`; empty when none was activated.
    pub version: String,
    /// Its parameters.
    pub table: RuleTable,
}

/// Reads the rule parameters in force. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules(Arc<RwLock<Option<Kept>>>);

#[derive(Debug)]
struct Kept {
    set: Uuid,
    active: Arc<Active>,
}

impl Rules {
    /// The parameters of the set that is active now.
    pub(crate) async fn active(&self, pool: &PgPool) -> Result<Arc<Active>, Failure> {
        let set = store::active(pool, ReferenceKind::RuleParameters).await?;
        self.of_set(pool, set.map(|set| set.id.as_uuid())).await
    }

    /// The parameters of a set that is or was active; none of `None`.
    pub(crate) async fn of_set(&self, pool: &PgPool, set: Option<Uuid>) -> Result<Arc<Active>, Failure> {
        let Some(set) = set else { return Ok(Arc::default()) };
        if let Some(known) = self.known(set) {
            return Ok(known);
        }
        let id = ReferenceSetId::new(set);
        let rows = store::all_rows(pool, id).await?;
        let version = id.to_string();
        let table = rule_rows::table(&rows, &version)?;
        let active = Arc::new(Active { version, table });
        if let Ok(mut kept) = self.0.write() {
            *kept = Some(Kept { set, active: active.clone() });
        }
        Ok(active)
    }

    fn known(&self, set: Uuid) -> Option<Arc<Active>> {
        let kept = self.0.read().ok()?;
        kept.as_ref().filter(|kept| kept.set == set).map(|kept| kept.active.clone())
    }
}
