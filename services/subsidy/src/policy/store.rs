//! SQL of policies.

use canopy_kernel::id::PolicyId;
use canopy_kernel::{Failure, Fen, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::{AmountRule, EvidenceSource, Policy, RequiredQualification, State, Terms};
use super::rule_terms::stated;

/// A row of `subsidy.policy`.
pub(crate) struct Row {
    id: Uuid,
    code: String,
    revision: i32,
    state: String,
    title: String,
    doc_no: String,
    valid_from: jiff_sqlx::Date,
    valid_to: jiff_sqlx::Date,
    evidence_kind: String,
    award_from: jiff_sqlx::Date,
    award_to: jiff_sqlx::Date,
    amount_kind: String,
    fixed_first_fen: i64,
    fixed_repeat_fen: i64,
    tier1_fen: i64,
    tier2_fen: i64,
    cap_fen: i64,
    requires_live: String,
    requires_pass: bool,
    excluded_host_prefix: String,
    beneficiary_rule: String,
    amount_rule: String,
    budget_line: String,
    publicity_working_days: i32,
    maker: String,
    reviewer: String,
    version: i64,
}

impl TryFrom<Row> for Policy {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        let fen = |amount| Fen::new(amount);
        let amount = match row.amount_kind.as_str() {
            "FIXED_BY_RECOGNITION" => AmountRule::ByRecognition {
                first: fen(row.fixed_first_fen)?,
                repeat: fen(row.fixed_repeat_fen)?,
            },
            "FIXED" => AmountRule::Fixed(fen(row.fixed_first_fen)?),
            "FIXED_BY_TIER" => AmountRule::ByTier { tier1: fen(row.tier1_fen)?, tier2: fen(row.tier2_fen)? },
            other => return Err(Failure::new(&reason::INTERNAL).because(format_args!("amount kind {other}"))),
        };
        let requires = Some(row.requires_live)
            .filter(|kind| !kind.is_empty())
            .map(|kind| RequiredQualification { kind, must_pass: row.requires_pass });
        Ok(Policy {
            id: PolicyId::new(row.id),
            revision: row.revision,
            state: State::from_stored(&row.state, row.reviewer)?,
            terms: Terms {
                code: row.code,
                title: row.title,
                doc_no: row.doc_no,
                valid_from: row.valid_from.to_jiff(),
                valid_to: row.valid_to.to_jiff(),
                evidence: EvidenceSource { qualification_kind: row.evidence_kind },
                award_from: row.award_from.to_jiff(),
                award_to: row.award_to.to_jiff(),
                amount,
                cap: Some(fen(row.cap_fen)?).filter(|cap| !cap.is_zero()),
                requires,
                excluded_host_prefix: Some(row.excluded_host_prefix).filter(|prefix| !prefix.is_empty()),
                beneficiary_rule: row.beneficiary_rule,
                amount_rule: row.amount_rule,
                budget_line: row.budget_line,
                publicity_working_days: u32::try_from(row.publicity_working_days).unwrap_or_default(),
            },
            maker: row.maker,
            version: row.version,
        })
    }
}

/// Number of the latest version of a code; `None` when the code is new.
pub(crate) async fn latest_revision(tx: &mut Tx, code: &str) -> Result<Option<i32>, Failure> {
    sqlx::query_scalar!("select max(revision) from subsidy.policy where code = $1", code)
        .fetch_one(tx.conn())
        .await
        .map_err(db)
}

/// Writes a new version. Two writers of one code cannot both be first.
pub(crate) async fn insert(tx: &mut Tx, policy: &Policy) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let terms = &policy.terms;
    let amounts = stated(terms.amount);
    let requires = terms.requires.as_ref();
    sqlx::query!(
        r#"
        insert into subsidy.policy
            (id, code, revision, state, title, doc_no, valid_from, valid_to, evidence_kind, award_from, award_to,
             amount_kind, fixed_first_fen, fixed_repeat_fen, tier1_fen, tier2_fen, cap_fen, requires_live,
             requires_pass, excluded_host_prefix, beneficiary_rule, amount_rule, budget_line,
             publicity_working_days, shortfall, maker, reviewer, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                $22, $23, $24, 'REFUSE_RUN', $25, '', $26, $27)
        "#,
        policy.id.as_uuid(),
        terms.code,
        policy.revision,
        policy.state.as_str(),
        terms.title,
        terms.doc_no,
        terms.valid_from.to_sqlx(),
        terms.valid_to.to_sqlx(),
        terms.evidence.qualification_kind,
        terms.award_from.to_sqlx(),
        terms.award_to.to_sqlx(),
        terms.amount.as_str(),
        amounts.first.get(),
        amounts.repeat.get(),
        amounts.tier1.get(),
        amounts.tier2.get(),
        terms.cap.map_or(0, Fen::get),
        requires.map_or("", |it| &it.kind),
        requires.is_some_and(|it| it.must_pass),
        terms.excluded_host_prefix.as_deref().unwrap_or_default(),
        terms.beneficiary_rule,
        terms.amount_rule,
        terms.budget_line,
        i32::try_from(terms.publicity_working_days).unwrap_or(i32::MAX),
        policy.maker,
        policy.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "policy_code_revision_key") {
        true => Failure::new(&reason::DUPLICATE_POLICY).on("terms.code"),
        false => db(error),
    })?;
    Ok(())
}

/// Writes the state of a version, guarded by the version before.
pub(crate) async fn update(tx: &mut Tx, policy: &Policy) -> Result<(), Failure> {
    let written = sqlx::query!(
        "update subsidy.policy set state = $2, reviewer = $3, version = $4 where id = $1 and version + 1 = $4",
        policy.id.as_uuid(),
        policy.state.as_str(),
        policy.state.reviewer(),
        policy.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(written)
}

/// Reads a version for a write.
pub(crate) async fn lock(tx: &mut Tx, id: PolicyId) -> Result<Policy, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, code, revision, state, title, doc_no, valid_from, valid_to, evidence_kind, award_from, award_to,
               amount_kind, fixed_first_fen, fixed_repeat_fen, tier1_fen, tier2_fen, cap_fen, requires_live,
               requires_pass, excluded_host_prefix, beneficiary_rule, amount_rule, budget_line,
               publicity_working_days, maker, reviewer, version
        from subsidy.policy
        where id = $1
        for update
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.ok_or_else(|| Failure::new(&reason::UNKNOWN_POLICY).on("name"))?.try_into()
}

/// Reads the active version of a code for a write.
pub(crate) async fn lock_active(tx: &mut Tx, code: &str) -> Result<Option<Policy>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, code, revision, state, title, doc_no, valid_from, valid_to, evidence_kind, award_from, award_to,
               amount_kind, fixed_first_fen, fixed_repeat_fen, tier1_fen, tier2_fen, cap_fen, requires_live,
               requires_pass, excluded_host_prefix, beneficiary_rule, amount_rule, budget_line,
               publicity_working_days, maker, reviewer, version
        from subsidy.policy
        where code = $1 and state = 'ACTIVE'
        for update
        "#,
        code,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Policy::try_from).transpose()
}

/// The version of that name.
pub(crate) async fn by_id(conn: &mut PgConnection, id: PolicyId) -> Result<Option<Policy>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, code, revision, state, title, doc_no, valid_from, valid_to, evidence_kind, award_from, award_to,
               amount_kind, fixed_first_fen, fixed_repeat_fen, tier1_fen, tier2_fen, cap_fen, requires_live,
               requires_pass, excluded_host_prefix, beneficiary_rule, amount_rule, budget_line,
               publicity_working_days, maker, reviewer, version
        from subsidy.policy
        where id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.map(Policy::try_from).transpose()
}

/// The version of a code that is active, else its latest one.
pub(crate) async fn by_code(conn: &mut PgConnection, code: &str) -> Result<Option<Policy>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, code, revision, state, title, doc_no, valid_from, valid_to, evidence_kind, award_from, award_to,
               amount_kind, fixed_first_fen, fixed_repeat_fen, tier1_fen, tier2_fen, cap_fen, requires_live,
               requires_pass, excluded_host_prefix, beneficiary_rule, amount_rule, budget_line,
               publicity_working_days, maker, reviewer, version
        from subsidy.policy
        where code = $1
        order by (state = 'ACTIVE') desc, revision desc
        limit 1
        "#,
        code,
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.map(Policy::try_from).transpose()
}

/// The latest version of each code behind the one given, ordered by code.
pub(crate) async fn list(pool: &PgPool, after: &str, limit: i64) -> Result<Vec<Policy>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select distinct on (code)
               id, code, revision, state, title, doc_no, valid_from, valid_to, evidence_kind, award_from, award_to,
               amount_kind, fixed_first_fen, fixed_repeat_fen, tier1_fen, tier2_fen, cap_fen, requires_live,
               requires_pass, excluded_host_prefix, beneficiary_rule, amount_rule, budget_line,
               publicity_working_days, maker, reviewer, version
        from subsidy.policy
        where code > $1
        order by code, revision desc
        limit $2
        "#,
        after,
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Policy::try_from).collect()
}
