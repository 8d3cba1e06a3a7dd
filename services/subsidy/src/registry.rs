//! What is asked of the registry right now: standing for subsidies on a day, and payment accounts.

use std::collections::HashMap;

use canopy_kernel::{Failure, date, reason};
use canopy_platform::{Call, Peer};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::credit_service_client::CreditServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use jiff::civil::Date;

use crate::mirror::model::Status;
use crate::run::rule_exclusion::Standing;

/// Most codes in one call, as the registry's contract has it.
const CHUNK: usize = 5000;

/// The registry, reached over one channel. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Registry {
    peer: Peer,
}

/// A payee's account on a day.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Payee name.
    pub name: String,
    /// Bank and branch.
    pub bank: String,
    /// Account number.
    pub number: String,
    /// Whether the payee name equals the registered name.
    pub name_matches: bool,
}

/// Standings by code, with the version of the rule that decided.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standings {
    by_code: HashMap<String, Standing>,
    /// Version of the rule parameters used; empty when nobody was asked for.
    pub rule_version: String,
}

impl Standings {
    /// The standing of a code. A candidate that was not asked for has appeared since; the caller asks again.
    pub(crate) fn of(&self, code: &str) -> Result<&Standing, Failure> {
        self.by_code.get(code).ok_or_else(|| {
            Failure::new(&reason::FEED_BEHIND)
                .with("service", "registry")
                .because("a candidate was not checked")
        })
    }
}

impl Registry {
    /// The registry behind that peer.
    pub(crate) fn new(peer: Peer) -> Self {
        Self { peer }
    }

    /// The standing for subsidies of all those codes on a day.
    pub(crate) async fn standings(
        &self,
        call: &Call,
        codes: &[String],
        on: Date,
    ) -> Result<Standings, Failure> {
        let mut standings = Standings::default();
        for chunk in codes.chunks(CHUNK) {
            let message = pb::BatchCheckStandingRequest {
                usccs: chunk.to_vec(),
                purpose: pb::StandingPurpose::Subsidy.into(),
                on: on.to_string(),
            };
            let request = self.peer.request(call, message)?;
            let answer = CreditServiceClient::new(self.peer.channel()).batch_check_standing(request).await;
            let answer = answer.map_err(|status| self.peer.failure(status))?.into_inner();
            for standing in answer.standings {
                standings.rule_version.clone_from(&standing.rule_version);
                standings.by_code.insert(standing.uscc.clone(), read(standing)?);
            }
        }
        Ok(standings)
    }

    /// The accounts of those payees that hold on a day, by code; who has none is left out.
    pub(crate) async fn accounts(
        &self,
        call: &Call,
        codes: &[String],
        on: Date,
    ) -> Result<HashMap<String, Account>, Failure> {
        let mut accounts = HashMap::new();
        for chunk in codes.chunks(CHUNK) {
            let message = pb::BatchGetPaymentAccountsRequest { usccs: chunk.to_vec(), as_of: on.to_string() };
            let request = self.peer.request(call, message)?;
            let answer =
                SubjectServiceClient::new(self.peer.channel()).batch_get_payment_accounts(request).await;
            let answer = answer.map_err(|status| self.peer.failure(status))?.into_inner();
            accounts.extend(answer.accounts.into_iter().filter_map(|account| {
                let data = account.data?;
                let read = Account {
                    name: data.account_name,
                    bank: data.bank,
                    number: data.account_no,
                    name_matches: account.name_matches,
                };
                Some((account.uscc, read))
            }));
        }
        Ok(accounts)
    }
}

fn read(standing: pb::Standing) -> Result<Standing, Failure> {
    let status = match standing.status() {
        pb::SubjectStatus::MovedOut => Status::MovedOut,
        pb::SubjectStatus::Deregistered => Status::Deregistered,
        pb::SubjectStatus::Active | pb::SubjectStatus::Unspecified => Status::Active,
    };
    let status_since = match standing.status_since.as_str() {
        "" => None,
        text => Some(date::parse(text)?),
    };
    Ok(Standing {
        uscc: standing.uscc,
        registered: standing.registered,
        status,
        status_since,
        blocking: standing.blocking.into_iter().map(|listing| listing.listing_no).collect(),
        rule_version: standing.rule_version,
    })
}
