//! A small year, brought about through the gateway as the agencies would: reference data, firms with certificates, a
//! policy with its budget.

use canopy_kernel::{Role, Uscc};
use canopy_proto::registry::v1 as registry;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::reference_row::Row;
use canopy_proto::registry::v1::reference_service_client::ReferenceServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use canopy_proto::subsidy::v1 as pb;
use canopy_proto::subsidy::v1::budget_service_client::BudgetServiceClient;
use canopy_proto::subsidy::v1::payment_service_client::PaymentServiceClient;
use canopy_proto::subsidy::v1::policy_service_client::PolicyServiceClient;
use canopy_proto::subsidy::v1::run_service_client::RunServiceClient;

use super::world::{As, World, id};

/// The day that is open when a test begins: nothing later is done yet.
const BEFORE: &str = "2022-08-01";
pub const MATCH_ON: &str = "2022-08-15";
pub const POSTED_ON: &str = "2022-09-07";
/// Five working days; the tenth to the twelfth are off.
pub const LAST_DAY: &str = "2022-09-14";
pub const CONFIRM_ON: &str = "2022-09-15";
pub const PAY_ON: &str = "2022-09-22";
/// Amount of each payment, fen.
pub const AMOUNT: i64 = 10_000_000;

/// The `n`-th sound code of a firm.
pub fn code(n: usize) -> String {
    let candidates = "0123456789X".chars().flat_map(|inner| {
        let stem = format!("91420100MA4K{n:04}{inner}");
        "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(move |outer| format!("{stem}{outer}"))
    });
    candidates.into_iter().find(|code| Uscc::parse(code).is_ok()).unwrap()
}

pub fn firm(n: usize) -> registry::EnterpriseRow {
    let title = format!("武汉测试{n}有限公司");
    registry::EnterpriseRow {
        request_id: id(),
        uscc: code(n),
        title: title.clone(),
        area_code: "420111".to_owned(),
        account: Some(registry::PaymentAccountData {
            account_name: title,
            bank: "江城商业银行武汉中心支行".to_owned(),
            account_no: format!("62473782821915{n:05}"),
        }),
        status: registry::SubjectStatus::Active.into(),
        ..Default::default()
    }
}

pub fn certificate(n: usize) -> registry::QualificationRow {
    registry::QualificationRow {
        request_id: id(),
        holder_uscc: code(n),
        kind: "HNTE".to_owned(),
        number: format!("GR202242{n:06}"),
        granted_on: "2022-03-01".to_owned(),
        first_recognition: true,
        ..Default::default()
    }
}

/// The terms of the high-tech reward.
pub fn terms() -> pb::PolicyTerms {
    pb::PolicyTerms {
        code: "HNTE".to_owned(),
        title: "高新技术企业培育奖励".to_owned(),
        doc_no: "武科规〔2021〕3号".to_owned(),
        valid_from: "2021-01-01".to_owned(),
        valid_to: "2022-12-31".to_owned(),
        evidence_source: "QUALIFICATION:HNTE".to_owned(),
        award_from: "2022-01-01".to_owned(),
        award_to: "2022-07-31".to_owned(),
        amount_kind: pb::AmountKind::FixedByRecognition.into(),
        fixed_first_fen: AMOUNT,
        fixed_repeat_fen: AMOUNT,
        budget_line: "BL01".to_owned(),
        publicity_working_days: 5,
        ..Default::default()
    }
}

pub fn rule(key: &str, value: &str, unit: &str) -> registry::ReferenceRow {
    reference(Row::RuleParameter(registry::RuleParameter {
        key: key.to_owned(),
        value: value.to_owned(),
        unit: unit.to_owned(),
        valid_from: "2019-07-01".to_owned(),
        ..Default::default()
    }))
}

pub fn day_off(day: &str) -> registry::ReferenceRow {
    let kind = registry::CalendarDayKind::Off.into();
    reference(Row::CalendarDay(registry::CalendarDay { day: day.to_owned(), kind }))
}

pub fn reference(row: Row) -> registry::ReferenceRow {
    registry::ReferenceRow { request_id: id(), row: Some(row), ..Default::default() }
}

impl World {
    /// The suite with the year's reference data and that many firms, each with a certificate of March.
    pub async fn with_year(firms: usize) -> Self {
        let world = Self::start().await;
        let off = ["2022-09-10", "2022-09-11", "2022-09-12"].map(day_off);
        world.in_force(registry::ReferenceKind::Calendar, off.to_vec()).await;
        let rules = [
            rule("subsidy_blocking_measure", "FISCAL_FUNDS", "word"),
            rule("credit_repair_min_months_general", "3", "months"),
            rule("credit_repair_min_months_serious", "6", "months"),
            rule("credit_max_months_general", "12", "months"),
            rule("credit_max_months_serious", "36", "months"),
        ];
        world.in_force(registry::ReferenceKind::RuleParameters, rules.to_vec()).await;
        let rows = (1..=firms).map(firm).collect();
        let request = registry::BatchImportEnterprisesRequest { rows };
        let mut subjects = SubjectServiceClient::new(world.desk("qian", Role::Registrar, "").await);
        let entered = subjects.batch_import_enterprises(request).await.unwrap().into_inner().results;
        let rows = (1..=firms).map(certificate).collect();
        let request = registry::BatchImportQualificationsRequest { rows };
        let mut register = QualificationServiceClient::new(world.desk("qian", Role::Registrar, "").await);
        let granted = register.batch_import_qualifications(request).await.unwrap().into_inner().results;
        for row in entered.into_iter().chain(granted) {
            assert_eq!(row.refusal, None);
        }
        world.open(BEFORE).await;
        world
    }

    /// Brings a set of reference data into force: made by li, activated by wang.
    pub async fn in_force(&self, kind: registry::ReferenceKind, rows: Vec<registry::ReferenceRow>) {
        let name = self.draft(kind, rows).await;
        let mut wang = ReferenceServiceClient::new(self.desk("wang", Role::Operator, "").await);
        let activate = registry::ActivateReferenceSetRequest { request_id: id(), name, ..Default::default() };
        wang.activate_reference_set(activate).await.unwrap();
    }

    /// A draft of reference data, made by li.
    pub async fn draft(&self, kind: registry::ReferenceKind, rows: Vec<registry::ReferenceRow>) -> String {
        let mut li = ReferenceServiceClient::new(self.desk("li", Role::Operator, "").await);
        let create = registry::CreateReferenceSetRequest { request_id: id(), kind: kind.into() };
        let name = li.create_reference_set(create).await.unwrap().into_inner().name;
        let add = registry::AddReferenceRowsRequest { name: name.clone(), rows };
        let results = li.add_reference_rows(add).await.unwrap().into_inner().results;
        assert!(results.iter().all(|row| row.refusal.is_none()), "{results:?}");
        name
    }

    pub async fn policies(&self, person: &str) -> PolicyServiceClient<As> {
        PolicyServiceClient::new(self.desk(person, Role::StBureau, "2022-01-10").await)
    }

    pub async fn runs(&self, person: &str, on: &str) -> RunServiceClient<As> {
        RunServiceClient::new(self.desk(person, Role::StBureau, on).await)
    }

    pub async fn budgets(&self) -> BudgetServiceClient<As> {
        BudgetServiceClient::new(self.desk("chen", Role::FinanceBureau, "2022-01-05").await)
    }

    pub async fn payments(&self, person: &str, role: Role, on: &str) -> PaymentServiceClient<As> {
        PaymentServiceClient::new(self.desk(person, role, on).await)
    }

    /// A policy in force: made and activated by zhang, reviewed by liu.
    pub async fn policy(&self, terms: pb::PolicyTerms) {
        let create = pb::CreatePolicyRequest { request_id: id(), terms: Some(terms), ..Default::default() };
        let name = self.policies("zhang").await.create_policy(create).await.unwrap().into_inner().name;
        let review = pb::ReviewPolicyRequest { request_id: id(), name: name.clone(), ..Default::default() };
        self.policies("liu").await.review_policy(review).await.unwrap();
        let activate = pb::ActivatePolicyRequest { request_id: id(), name, ..Default::default() };
        self.policies("zhang").await.activate_policy(activate).await.unwrap();
    }

    /// A budget line of 2022 with that much for the year, of which so much may be used up to November.
    pub async fn budget(&self, line: &str, approved_fen: i64, planned_fen: i64) {
        let plan_fen = [vec![planned_fen; 11], vec![approved_fen]].concat();
        let line = line.to_owned();
        let request = pb::CreateBudgetLineRequest {
            request_id: id(),
            line,
            year: 2022,
            approved_fen,
            plan_fen,
            ..Default::default()
        };
        self.budgets().await.create_budget_line(request).await.unwrap();
    }
}
