//! The closed list of roles.

use std::fmt;

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// A role that a caller may hold. The names are stable: tokens and method options carry them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $($(#[$doc])* $variant,)*
        }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Role] = &[$(Role::$variant),*];

            /// Name, such as `ST_BUREAU`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Role::$variant => $name,)*
                }
            }

            /// The role of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Role::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

roles! {
    /// A firm (企业), for itself alone.
    Enterprise "ENTERPRISE";
    /// A natural person (个人).
    Individual "INDIVIDUAL";
    /// Who handles a matter for an applicant (经办人).
    Agent "AGENT";
    /// Clerk at the service window (窗口).
    WindowClerk "WINDOW_CLERK";
    /// Who reviews a case (审查).
    Reviewer "REVIEWER";
    /// Who decides a case (决定).
    Decider "DECIDER";
    /// Officer of a finance station (科技金融业务员).
    StationOfficer "STATION_OFFICER";
    /// A bank (银行).
    Bank "BANK";
    /// A guarantor (担保机构).
    Guarantor "GUARANTOR";
    /// A re-guarantor (再担保机构).
    ReGuarantor "RE_GUARANTOR";
    /// An insurer (保险机构).
    Insurer "INSURER";
    /// The science and technology bureau (科技局).
    StBureau "ST_BUREAU";
    /// The finance bureau (财政局).
    FinanceBureau "FINANCE_BUREAU";
    /// The bank that pays for the treasury (代理银行).
    TreasuryBank "TREASURY_BANK";
    /// An achievement commissioner (科技成果联络员).
    Commissioner "COMMISSIONER";
    /// A university or institute (高校院所).
    Institute "INSTITUTE";
    /// A technology-contract registration station (技术合同登记站).
    RegStation "REG_STATION";
    /// Supervision (督导).
    Supervisor "SUPERVISOR";
    /// Exit and entry office of public security (公安出入境).
    PublicSecurity "PUBLIC_SECURITY";
    /// A district's science office (区科技部门).
    DistrictOffice "DISTRICT_OFFICE";
    /// The central bank (人行).
    CentralBank "CENTRAL_BANK";
    /// A unit ordered to rectify (被整改单位).
    OrderedUnit "ORDERED_UNIT";
    /// Who leads the help to a firm (帮扶牵头).
    AssistanceLead "ASSISTANCE_LEAD";
    /// The head (负责人), who grants extensions.
    Head "HEAD";
    /// The registration authority (登记机关).
    Registrar "REGISTRAR";
    /// The authority for credit listings (信用主管).
    CreditAuthority "CREDIT_AUTHORITY";
    /// Audit (审计): reads all, writes nothing.
    Auditor "AUDITOR";
    /// Operations (运维): reference data and parked events, no business decision.
    Operator "OPERATOR";
    /// A service acting on its own clock (系统).
    System "SYSTEM";
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
