//! Rows to import, sound unless a test spoils them.

use canopy_kernel::{Role, Uscc};
use canopy_proto::common::v1::RowResult;
use canopy_proto::registry::v1 as pb;

use crate::suite::{Suite, id};

/// The `n`-th sound code of a firm.
pub fn code(n: usize) -> String {
    code_of("91420100", n)
}

/// The `n`-th sound code of a public institution.
pub fn institute_code(n: usize) -> String {
    code_of("12420100", n)
}

/// Finds the two check characters by trying them.
fn code_of(head: &str, n: usize) -> String {
    let organisation = format!("MA4K{n:04}");
    let candidates = "0123456789X".chars().flat_map(|inner| {
        let stem = format!("{head}{organisation}{inner}");
        "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(move |outer| format!("{stem}{outer}"))
    });
    candidates.into_iter().find(|code| Uscc::parse(code).is_ok()).unwrap()
}

pub fn account(name: &str) -> pb::PaymentAccountData {
    pb::PaymentAccountData {
        account_name: name.to_owned(),
        bank: "江城商业银行武汉中心支行".to_owned(),
        account_no: "6247378282191529852".to_owned(),
    }
}

pub fn title(n: usize) -> String {
    format!("武汉测试{n}有限公司")
}

pub fn firm(n: usize) -> pb::EnterpriseRow {
    pb::EnterpriseRow {
        request_id: id(),
        external_ref: format!("enterprises.csv:{n}"),
        uscc: code(n),
        title: title(n),
        area_code: "420111".to_owned(),
        established_on: "2018-10-02".to_owned(),
        registered_capital_fen: 50_000_000,
        staff: 7,
        first_loan_record: false,
        account: Some(account(&title(n))),
        status: pb::SubjectStatus::Active.into(),
        status_changed_on: String::new(),
    }
}

pub fn institute(n: usize) -> pb::InstituteRow {
    pb::InstituteRow {
        request_id: id(),
        external_ref: format!("institutes.csv:{n}"),
        uscc: institute_code(n),
        title: format!("测试大学{n}"),
        kind: pb::SubjectKind::University.into(),
        area_code: "420000".to_owned(),
        located_in_city: true,
        is_pilot_unit: false,
        account: Some(account(&format!("测试大学{n}"))),
    }
}

pub fn qualification(holder: usize, kind: &str, number: &str, granted_on: &str) -> pb::QualificationRow {
    pb::QualificationRow {
        request_id: id(),
        external_ref: format!("qualifications.csv:{number}"),
        holder_uscc: code(holder),
        kind: kind.to_owned(),
        number: number.to_owned(),
        granted_on: granted_on.to_owned(),
        first_recognition: true,
        ..Default::default()
    }
}

pub fn listing(number: &str, holder: usize, decided_on: &str) -> pb::RecordListingRequest {
    pb::RecordListingRequest {
        request_id: id(),
        validate_only: false,
        external_ref: format!("credit.csv:{number}"),
        listing_no: number.to_owned(),
        uscc: code(holder),
        kind: "TAX".to_owned(),
        grade: pb::CreditGrade::General.into(),
        decided_on: decided_on.to_owned(),
        authority: "税务局".to_owned(),
        measures: vec!["FISCAL_FUNDS".to_owned()],
    }
}

impl Suite {
    pub async fn enter(&self, rows: Vec<pb::EnterpriseRow>) -> Vec<RowResult> {
        let request = pb::BatchImportEnterprisesRequest { rows };
        let answer = self.subjects(Role::Registrar).batch_import_enterprises(request).await;
        answer.unwrap().into_inner().results
    }

    pub async fn enter_institutes(&self, rows: Vec<pb::InstituteRow>) -> Vec<RowResult> {
        let request = pb::BatchImportInstitutesRequest { rows };
        let answer = self.subjects(Role::Registrar).batch_import_institutes(request).await;
        answer.unwrap().into_inner().results
    }

    pub async fn grant(&self, rows: Vec<pb::QualificationRow>) -> Vec<RowResult> {
        let request = pb::BatchImportQualificationsRequest { rows };
        let answer = self.qualifications(Role::Registrar).batch_import_qualifications(request).await;
        answer.unwrap().into_inner().results
    }

    pub async fn list(&self, request: pb::RecordListingRequest) -> pb::CreditListing {
        self.credit(Role::CreditAuthority).record_listing(request).await.unwrap().into_inner()
    }
}

/// A rule parameter; `valid_to` empty = open.
pub fn rule(key: &str, value: &str, unit: &str, (from, to): (&str, &str)) -> pb::ReferenceRow {
    reference(pb::reference_row::Row::RuleParameter(pb::RuleParameter {
        key: key.to_owned(),
        value: value.to_owned(),
        unit: unit.to_owned(),
        valid_from: from.to_owned(),
        valid_to: to.to_owned(),
        meaning: "说明".to_owned(),
    }))
}

pub fn reference(row: pb::reference_row::Row) -> pb::ReferenceRow {
    pb::ReferenceRow { request_id: id(), external_ref: "reference.csv:2".to_owned(), row: Some(row) }
}

/// The rules of credit: the national notices of 2019 and 2023.
pub fn credit_rules() -> Vec<pb::ReferenceRow> {
    let (old, new) = (("2019-07-01", "2023-04-30"), ("2023-05-01", ""));
    let always = ("2019-07-01", "");
    vec![
        rule("subsidy_blocking_measure", "FISCAL_FUNDS", "word", always),
        rule("loan_blocking_measure", "FINANCING", "word", always),
        rule("credit_repair_min_months_general", "3", "months", old),
        rule("credit_repair_min_months_serious", "6", "months", old),
        rule("credit_max_months_general", "12", "months", old),
        rule("credit_max_months_serious", "36", "months", old),
        rule("credit_repair_min_months_general", "3", "months", new),
        rule("credit_repair_min_months_serious", "3", "months", new),
        rule("credit_repair_min_months_work_safety", "12", "months", new),
        rule("credit_max_months_general", "36", "months", new),
        rule("credit_max_months_serious", "36", "months", new),
    ]
}

impl Suite {
    /// Makes a draft of that kind with those rows, as li.
    pub async fn draft(&self, kind: pb::ReferenceKind, rows: Vec<pb::ReferenceRow>) -> String {
        let mut li = self.reference("li");
        let create = pb::CreateReferenceSetRequest { request_id: id(), kind: kind.into() };
        let name = li.create_reference_set(create).await.unwrap().into_inner().name;
        let add = pb::AddReferenceRowsRequest { name: name.clone(), rows };
        let results = li.add_reference_rows(add).await.unwrap().into_inner().results;
        assert!(results.iter().all(|row| row.refusal.is_none()), "{results:?}");
        name
    }

    /// Brings rule parameters into force: made by li, activated by wang.
    pub async fn rules(&self, rows: Vec<pb::ReferenceRow>) -> String {
        let name = self.draft(pb::ReferenceKind::RuleParameters, rows).await;
        let activate =
            pb::ActivateReferenceSetRequest { request_id: id(), name: name.clone(), ..Default::default() };
        self.reference("wang").activate_reference_set(activate).await.unwrap();
        name
    }
}
