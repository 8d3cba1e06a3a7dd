//! Rows of a register of deals, read one by one.

use canopy_kernel::{Failure, Fen, reason};
use canopy_platform::check;
use canopy_proto::commissioner::v1 as pb;

use super::import::{Stated, StatedIncome};
use super::model::{Buyer, BuyerKind, Equity, Mode, PriceMethod, Publicity, Terms};
use crate::edge::{code, day, day_if_any};

/// A word that is not stated.
pub(super) fn unstated(field: &'static str) -> Failure {
    Failure::new(&reason::ENUM_UNKNOWN).on(field)
}

/// Reads a mode; its shares are judged with the rest of the deal.
pub(super) fn mode(number: i32, capital: Fen, technology: Fen) -> Result<Mode, Failure> {
    match pb::DealMode::try_from(number) {
        Ok(pb::DealMode::Transfer) => Ok(Mode::Transfer),
        Ok(pb::DealMode::Licence) => Ok(Mode::Licence),
        Ok(pb::DealMode::ConvertFirst) => Ok(Mode::ConvertFirst),
        Ok(pb::DealMode::Equity) => Ok(Mode::Equity(Equity { capital, technology })),
        Ok(pb::DealMode::Unspecified) | Err(_) => Err(unstated("mode")),
    }
}

/// The word of a mode that may be left out.
pub(super) fn mode_if_any(number: i32) -> Option<&'static str> {
    mode(number, Fen::ZERO, Fen::ZERO).ok().map(Mode::as_str)
}

/// Shares are divided for equity deals, cash for all others; neither brings the other.
fn require_fitting(mode: Mode, row: &pb::DealRow) -> Result<(), Failure> {
    let for_shares = row.split() == pb::SplitKind::Equity;
    let field = match mode.equity() {
        None if for_shares => "split",
        Some(_) if !for_shares => "split",
        Some(_) if !row.receipt_no.is_empty() => "receipt_no",
        _ => return Ok(()),
    };
    Err(Failure::new(&reason::SPLIT_MODE_MISMATCH).on(field))
}

/// Reads a row of a register.
pub(super) fn read(row: &pb::DealRow) -> Result<Stated, Failure> {
    let uscc = code("buyer_uscc", &row.buyer_uscc)?;
    check(row)?;
    let signed_on = day("signed_on", &row.signed_on)?;
    let posted_on = day_if_any("publicity_posted_on", &row.publicity_posted_on)?;
    let published = Fen::new(row.published_price_fen)?;
    let terms = Terms {
        number: row.deal_no.clone(),
        mode: mode(row.mode, Fen::new(row.company_capital_fen)?, Fen::new(row.technology_value_fen)?)?,
        price_method: PriceMethod::from_wire(row.price_method).ok_or_else(|| unstated("price_method"))?,
        price: Fen::new(row.price_fen)?,
        publicity: posted_on.map(|posted_on| Publicity { price: published, posted_on }),
        buyer: Buyer {
            uscc,
            kind: BuyerKind::from_wire(row.buyer_kind).ok_or_else(|| unstated("buyer_kind"))?,
            related: row.related_buyer,
        },
        disclosed: row.related_disclosed,
        signed_on: Some(signed_on),
    };
    let income = StatedIncome {
        receipt_no: row.receipt_no.clone(),
        received_on: day_if_any("received_on", &row.received_on)?,
        receipts: Fen::new(row.receipts_fen)?,
        direct_costs: Fen::new(row.direct_costs_fen)?,
        distributed_on: day_if_any("distributed_on", &row.distributed_on)?,
    };
    require_fitting(terms.mode, row)?;
    Ok(Stated {
        empowerment_no: row.empowerment_no.clone(),
        terms,
        signed_on,
        income: Some(income).filter(|it| !it.receipt_no.is_empty()),
    })
}
