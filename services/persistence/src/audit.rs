//! Audit rows: every transition with its leaf hash, written in the transaction that makes it.

use canopy_kernel::Actor;
use canopy_kernel::id::AuditId;
use canopy_platform::Call;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A change of state, as an operation states it.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Name of the aggregate that changed.
    pub aggregate: String,
    /// State before; empty for a new one.
    pub from: String,
    /// State after.
    pub to: String,
    /// Reason code or words; may be empty.
    pub reason: String,
    /// Version of the rule that decided; empty when none did.
    pub rule_version: String,
    /// Day from which it counts.
    pub effective_on: Date,
}

/// One audit row as it is stored.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Id, UUIDv7.
    pub id: Uuid,
    /// Full method name, or `job/<name>`.
    pub method: String,
    /// Agency that acted.
    pub agency: String,
    /// Person who acted; empty for the suite itself.
    pub person: String,
    /// Roles that the caller held, sorted.
    pub roles: Vec<String>,
    /// What changed.
    pub transition: Transition,
    /// When it was recorded (system clock, microseconds).
    pub recorded_at: Timestamp,
}

impl AuditRow {
    /// The canonical form that the leaf hash covers: each field with its length before it, so that no two
    /// rows share one.
    pub fn canonical(&self) -> Vec<u8> {
        let change = &self.transition;
        let roles = self.roles.join(",");
        let effective_on = change.effective_on.to_string();
        let recorded_at = self.recorded_at.as_microsecond().to_string();
        let fields: [&[u8]; 12] = [
            self.id.as_bytes(),
            self.method.as_bytes(),
            self.agency.as_bytes(),
            self.person.as_bytes(),
            roles.as_bytes(),
            change.aggregate.as_bytes(),
            change.from.as_bytes(),
            change.to.as_bytes(),
            change.reason.as_bytes(),
            change.rule_version.as_bytes(),
            effective_on.as_bytes(),
            recorded_at.as_bytes(),
        ];
        let mut bytes = b"canopy-audit-v1".to_vec();
        for field in fields {
            bytes.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }

    /// The RFC 6962 leaf hash of the canonical form.
    pub fn leaf(&self) -> [u8; 32] {
        crate::merkle::leaf_hash(&self.canonical()).0
    }
}

/// The rows of a transaction's transitions.
pub(crate) fn rows(call: &Call, recorded_at: Timestamp, transitions: Vec<Transition>) -> Vec<AuditRow> {
    let actor = call.actor();
    let row = |transition| AuditRow {
        id: AuditId::at(recorded_at).as_uuid(),
        method: call.method().to_owned(),
        agency: actor.agency.clone(),
        person: actor.person.clone().unwrap_or_default(),
        roles: roles(actor),
        transition,
        recorded_at,
    };
    transitions.into_iter().map(row).collect()
}

/// The roles that a caller holds, sorted.
pub(crate) fn roles(actor: &Actor) -> Vec<String> {
    let mut roles: Vec<String> = actor.roles.iter().map(|role| role.as_str().to_owned()).collect();
    roles.sort();
    roles
}
