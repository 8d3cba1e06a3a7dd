//! The RPCs about payment accounts, and their messages.

use std::collections::HashMap;

use canopy_kernel::Failure;
use canopy_persistence::Write;
use canopy_proto::registry::v1 as pb;
use tonic::Request;

use super::model::{Account, AccountData, Correction};
use super::store;
use crate::edge::{Registry, day, day_text, opened};

/// Reads an account; presence and length were checked with the message that holds it.
pub(crate) fn read(data: &pb::PaymentAccountData) -> AccountData {
    AccountData { name: data.account_name.clone(), bank: data.bank.clone(), number: data.account_no.clone() }
}

fn message(account: Account) -> pb::PaymentAccount {
    pb::PaymentAccount {
        name: account.id.to_string(),
        uscc: account.uscc.to_string(),
        data: Some(pb::PaymentAccountData {
            account_name: account.data.name,
            bank: account.data.bank,
            account_no: account.data.number,
        }),
        name_matches: account.name_matches,
        effective_on: day_text(account.effective_on),
    }
}

pub(crate) async fn correct(
    it: &Registry,
    request: Request<pb::CorrectPaymentAccountRequest>,
) -> Result<pb::PaymentAccount, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("correct_payment_account", &request.request_id, &request)
        .validate_only(request.validate_only);
    let data = request.account.unwrap_or_default();
    let command = it.code("uscc", &request.uscc).and_then(|uscc| {
        let effective_on = day("effective_on", &request.effective_on)?;
        Ok(Correction { uscc, effective_on, data: read(&data) })
    });
    let stored = it
        .store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move {
                let account = super::correct(tx, &command).await?;
                // The answer is kept for a repeat, where a name and a number must not stand readable.
                Ok(pb::PaymentAccount { data: None, ..message(account) })
            })
        })
        .await?;
    Ok(pb::PaymentAccount { data: Some(data), ..stored })
}

pub(crate) async fn batch_get(
    it: &Registry,
    request: Request<pb::BatchGetPaymentAccountsRequest>,
) -> Result<pb::BatchGetPaymentAccountsResponse, Failure> {
    let (_, request) = opened(request)?;
    let day = day("as_of", &request.as_of)?;
    let found = store::in_force(&it.store, &request.usccs, day).await?;
    let by_code: HashMap<String, pb::PaymentAccount> =
        found.into_iter().map(|account| (account.uscc.to_string(), message(account))).collect();
    let accounts = request
        .usccs
        .iter()
        .map(|code| match by_code.get(code) {
            Some(account) => account.clone(),
            None => pb::PaymentAccount { uscc: code.clone(), ..Default::default() },
        })
        .collect();
    Ok(pb::BatchGetPaymentAccountsResponse { accounts })
}
