//! Reference data (参考数据) of the suite: versioned sets, made by one person and activated by another.
//!
//! `DRAFT ──activate (another person)──▶ ACTIVE ──a later set is activated──▶ SUPERSEDED`

use canopy_kernel::actor::require_distinct;
use canopy_kernel::id::ReferenceSetId;
use canopy_kernel::{AreaCode, Failure, reason};
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use canopy_kernel::words;

words! {
    /// What a set holds.
    ReferenceKind {
        /// Settings of the installation (系统设置).
        Settings = "SETTINGS",
        /// Days off and weekend working days (工作日历).
        Calendar = "CALENDAR",
        /// Thresholds, ratios and deadlines by validity (规则参数).
        RuleParameters = "RULE_PARAMETERS",
        /// Loan prime rate (贷款市场报价利率).
        Lpr = "LPR",
        /// Area codes (行政区划代码).
        AreaCodes = "AREA_CODES",
        /// Opening hours of the service window (窗口服务时间).
        OfficeHours = "OFFICE_HOURS",
    }
}

words! {
    /// State of a set.
    SetState {
        /// Takes rows (草拟).
        Draft = "DRAFT",
        /// In force (启用).
        Active = "ACTIVE",
        /// Replaced by a later set (停用).
        Superseded = "SUPERSEDED",
    }
}

/// A version of one kind of reference data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSet {
    /// Its id.
    pub id: ReferenceSetId,
    /// What it holds.
    pub kind: ReferenceKind,
    /// Its state.
    pub state: SetState,
    /// Who made it.
    pub maker: String,
    /// Who activated it; empty while a draft.
    pub approver: String,
    /// Number of rows.
    pub rows: i32,
    /// Counts writes.
    pub version: i64,
}

impl ReferenceSet {
    /// An empty draft.
    pub fn draft(id: ReferenceSetId, kind: ReferenceKind, maker: &str) -> Self {
        Self {
            id,
            kind,
            state: SetState::Draft,
            maker: maker.to_owned(),
            approver: String::new(),
            rows: 0,
            version: 1,
        }
    }

    /// Refuses anything but a draft.
    pub fn require_draft(&self) -> Result<(), Failure> {
        match self.state {
            SetState::Draft => Ok(()),
            state => Err(Failure::new(&reason::STATE_NOT_ALLOWED)
                .with("state", state.as_str())
                .with("expected", SetState::Draft.as_str())),
        }
    }

    /// Brings a draft into force by a second person (`RULES.md` R14).
    pub fn activate(self, approver: &str) -> Result<Self, Failure> {
        self.require_draft()?;
        let eyes = require_distinct(&self.maker, approver)?;
        let approver = eyes.approver().to_owned();
        Ok(Self { state: SetState::Active, approver, version: self.version + 1, ..self })
    }
}

/// A row of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// A setting.
    Setting {
        /// Name, e.g. `cut_off`.
        key: String,
        /// Value.
        value: String,
    },
    /// A day that differs from Monday-to-Friday.
    CalendarDay {
        /// The day.
        day: Date,
        /// Whether it is a weekend day that is worked; else a day off.
        worked: bool,
    },
    /// A threshold, ratio or deadline with its validity.
    RuleParameter {
        /// Key.
        key: String,
        /// Value: an integer or a word, by the unit.
        value: String,
        /// Unit.
        unit: String,
        /// First day in force.
        valid_from: Date,
        /// Last day in force; `None` = open.
        valid_to: Option<Date>,
        /// What it governs.
        meaning: String,
    },
    /// A published loan prime rate.
    LprRate {
        /// Day of publication.
        published_on: Date,
        /// One-year rate, in basis points.
        one_year_bp: u32,
        /// Rate for five years and more, in basis points.
        five_year_bp: u32,
    },
    /// An area.
    Area {
        /// Six digits.
        code: AreaCode,
        /// Name.
        title: String,
    },
    /// A stretch of opening hours.
    OfficeHours {
        /// ISO weekday 1–7.
        weekday: i8,
        /// Local time.
        opens: Time,
        /// Local time.
        closes: Time,
        /// Whether it is service outside ordinary hours, which counts in no clock.
        extra: bool,
    },
}

impl Row {
    /// The kind of set that holds such rows.
    pub fn kind(&self) -> ReferenceKind {
        match self {
            Row::Setting { .. } => ReferenceKind::Settings,
            Row::CalendarDay { .. } => ReferenceKind::Calendar,
            Row::RuleParameter { .. } => ReferenceKind::RuleParameters,
            Row::LprRate { .. } => ReferenceKind::Lpr,
            Row::Area { .. } => ReferenceKind::AreaCodes,
            Row::OfficeHours { .. } => ReferenceKind::OfficeHours,
        }
    }

    /// Business key within the set.
    pub fn key(&self) -> String {
        match self {
            Row::Setting { key, .. } => key.clone(),
            Row::CalendarDay { day, .. } => day.to_string(),
            Row::RuleParameter { key, valid_from, .. } => format!("{key} {valid_from}"),
            Row::LprRate { published_on, .. } => published_on.to_string(),
            Row::Area { code, .. } => code.to_string(),
            Row::OfficeHours { weekday, opens, .. } => format!("{weekday} {opens}"),
        }
    }
}
