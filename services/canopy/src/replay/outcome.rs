//! What came of a data set, read from the suite through its RPCs: figures, refused rows, excluded firms and paid
//! lines. It does not matter who replayed the data set, or when.

use std::collections::{BTreeMap, HashMap};

use canopy_kernel::Code;
use canopy_platform::from_rpc_status;
use canopy_proto::commissioner::v1::{ListSplitsRequest, ListSplitsResponse};
use canopy_proto::common::v1::{ListRefusalsRequest, ListRefusalsResponse};
use canopy_proto::registry::v1::{ListRepairsRequest, ListRepairsResponse, RepairDecision};
use canopy_proto::subsidy::v1::{
    ListExclusionsRequest, ListExclusionsResponse, ListPaymentLinesRequest, ListPaymentLinesResponse,
};
use prost::Message;

use super::answers::{ByPayee, Paid, Part, Party, Refusal, Refusals};
use super::drive::SERVICES;
use super::figure::{Figure, catalogue};
use super::file::{FILES, Kind, RecordFile, credit};
use super::link::{Ask, Link};
use super::people::AUDITOR;
use super::table::Record;
use super::year::Year;

/// Pages are as large as the contract allows.
const PAGE_SIZE: i32 = 1_000;

/// What came of a data set.
#[derive(Debug)]
pub struct Outcome {
    /// Every figure of the catalogue with its value.
    pub figures: Vec<(Figure, Option<String>)>,
    /// Refused rows.
    pub refusals: Refusals,
    /// Excluded firms of the served policies, with the first reason.
    pub exclusions: ByPayee<String>,
    /// Paid lines of the served policies.
    pub payouts: ByPayee<Paid>,
    /// Parts of divided income and shares.
    pub splits: BTreeMap<Party, Part>,
}

impl Outcome {
    /// Reads it.
    pub async fn read(year: &Year, link: &Link) -> anyhow::Result<Self> {
        let mut figures = Vec::new();
        for figure in catalogue()? {
            let value = figure.read(link, &year.settings).await?;
            figures.push((figure, value));
        }
        let mut outcome = Self {
            figures,
            refusals: refusals(year, link).await?,
            exclusions: BTreeMap::new(),
            payouts: BTreeMap::new(),
            splits: splits(year, link).await?,
        };
        for policy in &year.policies {
            outcome.read_exclusions(policy, year, link).await?;
            outcome.read_payouts(policy, year, link).await?;
        }
        Ok(outcome)
    }

    async fn read_exclusions(&mut self, policy: &str, year: &Year, link: &Link) -> anyhow::Result<()> {
        let path = "/canopy.subsidy.v1.RunService/ListExclusions";
        let mut request = ListExclusionsRequest {
            policy_code: policy.to_owned(),
            as_of: year.settings.cut_off.to_string(),
            page_size: PAGE_SIZE,
            page_token: String::new(),
        };
        loop {
            let page: ListExclusionsResponse = page(link, path, &request).await?;
            for exclusion in page.exclusions {
                self.exclusions.insert((policy.to_owned(), exclusion.uscc), exclusion.reason_code);
            }
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(());
            }
        }
    }

    async fn read_payouts(&mut self, policy: &str, year: &Year, link: &Link) -> anyhow::Result<()> {
        let path = "/canopy.subsidy.v1.PaymentService/ListPaymentLines";
        let mut request = ListPaymentLinesRequest {
            policy_code: policy.to_owned(),
            credited_only: true,
            as_of: year.settings.cut_off.to_string(),
            page_size: PAGE_SIZE,
            ..Default::default()
        };
        loop {
            let page: ListPaymentLinesResponse = page(link, path, &request).await?;
            for line in page.lines {
                let paid = Paid { amount_fen: line.amount_fen, credited_on: line.credited_on };
                self.payouts.insert((policy.to_owned(), line.uscc), paid);
            }
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(());
            }
        }
    }
}

/// How income and shares were divided by the cut-off.
async fn splits(year: &Year, link: &Link) -> anyhow::Result<BTreeMap<Party, Part>> {
    let path = "/canopy.commissioner.v1.DealService/ListSplits";
    let as_of = year.settings.cut_off.to_string();
    let mut request = ListSplitsRequest { as_of, page_size: PAGE_SIZE, ..Default::default() };
    let mut parts = BTreeMap::new();
    loop {
        let page: ListSplitsResponse = page(link, path, &request).await?;
        for split in page.splits {
            for part in split.parts {
                let (amount_fen, company_share_ppm) = (part.amount_fen, part.company_share_ppm);
                parts.insert((split.case_no.clone(), part.party), Part { amount_fen, company_share_ppm });
            }
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(parts);
        }
    }
}

/// Answer class and reason by idempotency key.
type ByRequest = HashMap<String, (String, String)>;

/// Which rows were refused: stored refusals are found again by the rows' own idempotency keys.
async fn refusals(year: &Year, link: &Link) -> anyhow::Result<Refusals> {
    let mut stored = ByRequest::new();
    for service in SERVICES {
        stored_refusals(service, link, &mut stored).await?;
    }
    let early = refused_repairs(year, link).await?;
    let mut refusals = Refusals::new();
    for file in FILES {
        for record in year.records(file)? {
            let record = record?;
            let told = ids(year, file, &record)?.iter().find_map(|id| stored.get(id)).cloned();
            let told = told.or_else(|| refused_repair(&early, file, &record));
            if let Some((error, reason_code)) = told {
                let refusal = Refusal { row_key: record.key(file.key), error, reason_code };
                refusals.insert((file.name.to_owned(), record.line()), refusal);
            }
        }
    }
    Ok(refusals)
}

/// The keys of a row's steps.
fn ids(year: &Year, file: &RecordFile, record: &Record) -> anyhow::Result<Vec<String>> {
    match file.kind {
        Kind::Rows(_) => Ok(year.steps_of(file, record)?.into_iter().map(|step| step.request_id).collect()),
        _ => Ok(vec![year.place(file).request_id(record.line())]),
    }
}

async fn stored_refusals(service: &str, link: &Link, stored: &mut ByRequest) -> anyhow::Result<()> {
    let path = format!("/canopy.{service}.v1.OperationsService/ListRefusals");
    let mut request = ListRefusalsRequest { page_size: PAGE_SIZE, ..Default::default() };
    loop {
        let page: ListRefusalsResponse = page(link, &path, &request).await?;
        for refusal in page.refusals {
            let failure = from_rpc_status(&refusal.status.unwrap_or_default());
            let told = (answer_class(failure.code()), failure.reason().name.to_owned());
            stored.insert(refusal.request_id, told);
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(());
        }
    }
}

fn answer_class(code: Code) -> String {
    match code {
        Code::Ok => "OK (business refusal)".to_owned(),
        code => code.as_str().to_owned(),
    }
}

/// Reason by listing number and day of the application, as far as a repair was refused.
type EarlyRepairs = HashMap<(String, String), String>;

/// Of the whole year, which need not be over today.
async fn refused_repairs(year: &Year, link: &Link) -> anyhow::Result<EarlyRepairs> {
    let path = "/canopy.registry.v1.CreditService/ListRepairs";
    let last = year.plan.days.keys().next_back().unwrap_or(&year.settings.cut_off);
    let (decision, as_of) = (RepairDecision::Refused.into(), last.to_string());
    let mut request = ListRepairsRequest { decision, as_of, page_size: PAGE_SIZE, ..Default::default() };
    let mut refused = EarlyRepairs::new();
    loop {
        let page: ListRepairsResponse = page(link, path, &request).await?;
        for repair in page.repairs {
            refused.insert((repair.listing_no, repair.applied_on), repair.reason);
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(refused);
        }
    }
}

fn refused_repair(early: &EarlyRepairs, file: &RecordFile, record: &Record) -> Option<(String, String)> {
    if file.name != credit::FILE.name {
        return None;
    }
    let key = (record.text("listing_no").to_owned(), record.text("repair_applied_on").to_owned());
    early.get(&key).map(|reason| (answer_class(Code::Ok), reason.clone()))
}

async fn page<T: Message + Default>(link: &Link, path: &str, request: &impl Message) -> anyhow::Result<T> {
    let ask = Ask { path, by: &AUDITOR, at: None, body: request.encode_to_vec().into() };
    Ok(T::decode(link.get(&ask).await?)?)
}
