//! Rows of a city that does not exist: firms with sound codes, their certificates, and rules.

use canopy_proto::registry::v1 as pb;

/// The characters of GB 32100 in the order of their values.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// GB 11714 weights of the organisation code's eight characters, whose values are those of base 36.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The `n`-th sound code of a firm.
pub fn code(n: usize) -> String {
    let mut code = format!("91420100MA{n:06}");
    let digits = code.chars().skip(8).filter_map(|character| character.to_digit(36));
    let sum: u32 = digits.zip(ORGANISATION_WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    code.push(char::from(b"0X987654321"[sum as usize % 11]));
    let mut weight = 1;
    let mut sum = 0;
    for byte in code.bytes() {
        sum += value(byte) * weight;
        weight = weight * 3 % 31;
    }
    code.push(char::from(ALPHABET[(31 - sum % 31) % 31]));
    code
}

fn value(byte: u8) -> usize {
    ALPHABET.iter().position(|known| *known == byte).unwrap_or_default()
}

/// A fresh request id.
pub fn id() -> String {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
}

/// The `n`-th firm.
pub fn firm(n: usize) -> pb::EnterpriseRow {
    let title = format!("武汉第{n}科技有限公司");
    pb::EnterpriseRow {
        request_id: id(),
        external_ref: format!("firms:{n}"),
        uscc: code(n),
        title: title.clone(),
        area_code: "420111".to_owned(),
        established_on: "2018-10-02".to_owned(),
        registered_capital_fen: 50_000_000,
        staff: 7,
        first_loan_record: false,
        account: Some(pb::PaymentAccountData {
            account_name: title,
            bank: "江城商业银行武汉中心支行".to_owned(),
            account_no: format!("62473782821{n:08}"),
        }),
        status: pb::SubjectStatus::Active.into(),
        status_changed_on: String::new(),
    }
}

/// The certificate of the `n`-th firm.
pub fn certificate(n: usize) -> pb::QualificationRow {
    pb::QualificationRow {
        request_id: id(),
        external_ref: format!("certificates:{n}"),
        holder_uscc: code(n),
        kind: "HNTE".to_owned(),
        number: format!("GR202242{n:06}"),
        granted_on: "2022-11-09".to_owned(),
        expires_on: "2025-11-08".to_owned(),
        first_recognition: true,
        ..Default::default()
    }
}

/// The `n`-th listing, of one firm.
pub fn listing(n: usize, firm: usize) -> pb::RecordListingRequest {
    pb::RecordListingRequest {
        request_id: id(),
        listing_no: format!("LHCJ-{n}"),
        uscc: code(firm),
        kind: "TAX".to_owned(),
        grade: pb::CreditGrade::General.into(),
        decided_on: "2022-03-01".to_owned(),
        authority: "税务局".to_owned(),
        measures: vec!["FISCAL_FUNDS".to_owned()],
        ..Default::default()
    }
}

/// A fact about a firm.
pub fn fact(firm: &str) -> pb::RecordFactRequest {
    pb::RecordFactRequest {
        request_id: id(),
        uscc: firm.to_owned(),
        kind: "RD_SPENDING".to_owned(),
        value: 120_000_000,
        unit: "fen".to_owned(),
        occurred_on: "2022-06-30".to_owned(),
        source: "统计局".to_owned(),
        evidence_no: id(),
        ..Default::default()
    }
}

/// The rules of credit.
pub fn rules() -> Vec<pb::ReferenceRow> {
    let rule = |(key, value, unit): (&str, &str, &str)| pb::ReferenceRow {
        request_id: id(),
        external_ref: key.to_owned(),
        row: Some(pb::reference_row::Row::RuleParameter(pb::RuleParameter {
            key: key.to_owned(),
            value: value.to_owned(),
            unit: unit.to_owned(),
            valid_from: "2019-07-01".to_owned(),
            valid_to: String::new(),
            meaning: "信用".to_owned(),
        })),
    };
    [
        ("subsidy_blocking_measure", "FISCAL_FUNDS", "word"),
        ("loan_blocking_measure", "FINANCING", "word"),
        ("credit_repair_min_months_general", "3", "months"),
        ("credit_repair_min_months_serious", "6", "months"),
        ("credit_max_months_general", "12", "months"),
        ("credit_max_months_serious", "36", "months"),
    ]
    .map(rule)
    .into()
}
