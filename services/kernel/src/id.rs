//! The one registry of typed identifiers. A resource's name is its prefix and a UUID
//! (`sub_01890a5d-ac96-774b-bcce-b302099a8057`), so that one kind cannot stand in for another.

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

use crate::failure::Failure;
use crate::reason;

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(Uuid);

            impl $name {
                /// Visible prefix of the text form; empty for a plain UUID.
                pub const PREFIX: &'static str = $prefix;

                /// The identifier with that UUID.
                pub const fn new(uuid: Uuid) -> Self {
                    Self(uuid)
                }

                /// The identifier that follows from another one and a name: the same each time (UUIDv5).
                pub fn derived(from: Uuid, name: &str) -> Self {
                    Self(Uuid::new_v5(&from, name.as_bytes()))
                }

                /// A fresh identifier: UUIDv7 of that instant with random bits.
                pub fn at(now: Timestamp) -> Self {
                    Self(uuid_v7(now))
                }

                /// The UUID, as databases keep it.
                pub const fn as_uuid(&self) -> Uuid {
                    self.0
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    if !Self::PREFIX.is_empty() {
                        write!(f, "{}_", Self::PREFIX)?;
                    }
                    write!(f, "{}", self.0.as_hyphenated())
                }
            }

            impl std::str::FromStr for $name {
                type Err = Failure;

                fn from_str(text: &str) -> Result<Self, Failure> {
                    parse(Self::PREFIX, text).map(Self)
                }
            }

            impl From<$name> for Uuid {
                fn from(id: $name) -> Uuid {
                    id.0
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }
        )*

        /// Type name and prefix of every identifier.
        pub const REGISTRY: &[(&str, &str)] = &[$((stringify!($name), $prefix)),*];
    };
}

registry! {
    /// An organisation or person (主体).
    SubjectId "sub";
    /// A payment account of a subject (收款账户).
    AccountId "acc";
    /// A recognition held by a subject (资质).
    QualificationId "qua";
    /// A dated, sourced fact about a subject (事实).
    FactId "fac";
    /// An entry of the joint-punishment list (联合惩戒名单).
    CreditListingId "lst";
    /// An application for credit repair (信用修复).
    CreditRepairId "rep";
    /// A university, institute or administrative unit (高校院所).
    InstituteId "ins";
    /// A versioned set of reference data (参考数据).
    ReferenceSetId "ref";
    /// A subsidy policy (政策).
    PolicyId "pol";
    /// One payout attempt of a policy (兑现批次的一次运行).
    RunId "run";
    /// An entry of a run's list (拟兑现对象).
    CandidateId "can";
    /// An objection raised during publicity (异议).
    ObjectionId "obj";
    /// A payment batch (拨付批次).
    BatchId "bat";
    /// A line of a payment batch (拨付明细); for ever the end-to-end id at the bank.
    PaymentLineId "lin";
    /// A line of the yearly budget (预算指标).
    BudgetLineId "bud";
    /// A mid-year budget adjustment (预算调整).
    AdjustmentId "adj";
    /// An event told to other services (事件).
    EventId "evt";
    /// An audit row (审计记录).
    AuditId "aud";
    /// One instruction to the treasury bank (支付指令); a corrected attempt has a new one.
    InstructionId "ist";
    /// What a caller gives each write, so that a repeat is known (请求标识): a plain UUID.
    RequestId "";
    /// A ledger transfer (记账).
    TransferId "trf";
    /// A ledger account (账目).
    LedgerAccountId "lac";
    /// An entry of the bank's statement (对账单明细).
    StatementEntryId "ste";
    /// An achievement commissioner (科技成果联络员).
    CommissionerId "com";
    /// A posting of a commissioner (派驻).
    PostId "pst";
    /// A version of an entry of the method dictionary (工作法条目).
    MethodLabelId "mth";
    /// An activity of a commissioner (联络活动).
    ActivityId "act";
    /// A dated mark as leading firm of its industry (行业龙头企业).
    LeadingFirmId "ldf";
    /// A dated score sheet (评分表).
    ScoreSheetId "scs";
    /// A person in a training session (培训学员).
    AttendanceId "tra";
    /// Ownership or use rights given to inventors (赋权).
    EmpowermentId "emp";
    /// A conversion deal (成果转化项目).
    DealId "dea";
    /// A result that its unit uses itself (自行实施).
    SelfUseId "sfu";
    /// Income of a conversion deal (到账).
    ReceiptId "rct";
    /// An application for recognition as a transfer institution or conversion centre (认定申请).
    RecognitionId "rcg";
    /// A yearly assessment of a recognition (年度考核).
    AssessmentId "asm";
    /// A technology demand of a firm (技术需求).
    DemandId "dmd";
    /// An achievement (科技成果).
    AchievementId "ach";
    /// A match of a demand with an achievement (供需对接).
    MatchId "mat";
    /// A matchmaking event (对接活动).
    MatchEventId "mev";
    /// A signed project (签约项目).
    SigningId "sig";
    /// An offer of a demand to another commissioner (转介, 交接).
    HandoverId "hnd";
    /// An interest that bars a commissioner or a broker from brokering (利害关系).
    InterestId "coi";
    /// A merge of duplicates (合并).
    MergeId "mrg";
}

fn uuid_v7(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
}

/// Accepts the one canonical spelling only, so that equal names are equal texts.
fn parse(prefix: &'static str, text: &str) -> Result<Uuid, Failure> {
    let refused = || Failure::new(&reason::ID_FORMAT).with("prefix", prefix);
    let plain = match prefix {
        "" => text,
        _ => text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(refused)?,
    };
    let canonical = plain.len() == 36 && !plain.bytes().any(|b| b.is_ascii_uppercase());
    match Uuid::try_parse(plain) {
        Ok(uuid) if canonical && !uuid.is_nil() => Ok(uuid),
        _ => Err(refused()),
    }
}
