//! Deals, receipts and divisions on the wire.

use canopy_kernel::{BasisPoints, Fen, on_the_wire};
use canopy_proto::commissioner::v1 as pb;
use jiff::civil::Date;

use super::divide::Split;
use super::model::{BuyerKind, Deal, Mode, PriceMethod, Receipt, State};
use super::rule_split::of_company;
use super::rule_tax::TaxNote;
use super::store::Sums;
use crate::convert_first::wire as convert_first;
use crate::edge::day_text;

on_the_wire!(PriceMethod <=> pb::PriceMethod { Agreed, Listed, Auction });
on_the_wire!(BuyerKind <=> pb::BuyerKind { StateOwned, Private });
on_the_wire!(State => pb::DealState { Priced, Publicised, Signed, IncomeReceived, Distributed, Closed });

fn mode(mode: Mode) -> (pb::DealMode, pb::SplitKind) {
    match mode {
        Mode::Transfer => (pb::DealMode::Transfer, pb::SplitKind::Cash),
        Mode::Licence => (pb::DealMode::Licence, pb::SplitKind::Cash),
        Mode::ConvertFirst => (pb::DealMode::ConvertFirst, pb::SplitKind::Cash),
        Mode::Equity(_) => (pb::DealMode::Equity, pb::SplitKind::Equity),
    }
}

/// The deal as it stands on a day: what happened later is not shown.
pub(crate) fn message(deal: &Deal, day: Date) -> pb::Deal {
    let by = |step: Option<Date>| day_text(step.filter(|step| *step <= day));
    let terms = &deal.terms;
    let publicity = terms.publicity.filter(|it| it.posted_on <= day);
    let equity = terms.mode.equity();
    let (mode, split) = mode(terms.mode);
    pb::Deal {
        name: deal.id.to_string(),
        deal_no: terms.number.clone(),
        empowerment: deal.empowerment.to_string(),
        empowerment_no: deal.empowerment_no.clone(),
        unit_uscc: deal.unit.to_string(),
        mode: mode.into(),
        price_method: terms.price_method.to_wire(),
        price_fen: terms.price.get(),
        published_price_fen: publicity.map_or(0, |it| it.price.get()),
        publicity_posted_on: day_text(publicity.map(|it| it.posted_on)),
        signed_on: by(terms.signed_on),
        split: split.into(),
        buyer_uscc: terms.buyer.uscc.to_string(),
        buyer_kind: terms.buyer.kind.to_wire(),
        related_buyer: terms.buyer.related,
        related_disclosed: terms.disclosed,
        company_capital_fen: equity.map_or(0, |it| it.capital.get()),
        technology_value_fen: equity.map_or(0, |it| it.technology.get()),
        receipts_fen: deal.received_by(day).get(),
        closed_on: by(deal.closed_on),
        state: deal.state_on(day).to_wire(),
        etag: deal.version.to_string(),
        convert_first: convert_first::message(deal, day),
    }
}

/// A receipt of a deal.
pub(super) fn receipt(deal: &Deal, receipt: &Receipt) -> pb::Receipt {
    pb::Receipt {
        name: receipt.id.to_string(),
        deal: deal.id.to_string(),
        receipt_no: receipt.number.clone(),
        received_on: receipt.received_on.to_string(),
        receipts_fen: receipt.receipts.get(),
        direct_costs_fen: receipt.direct_costs.get(),
        distributed_on: day_text(receipt.divided_on),
    }
}

/// A division without its parts.
pub(super) fn division(split: &Split) -> pb::Split {
    let kind = if split.receipt.is_some() { pb::SplitKind::Cash } else { pb::SplitKind::Equity };
    pb::Split {
        case_no: split.case_no.clone(),
        deal: split.deal.to_string(),
        kind: kind.into(),
        base_fen: split.base.get(),
        effective_on: split.effective_on.to_string(),
        agreement_version_no: split.agreement_version_no,
        rule_version: split.rule_version.clone(),
        parts: Vec::new(),
    }
}

/// A division: the unit first; of cash each inventor with what is taxed, of shares all of them together.
pub(super) fn split(split: &Split, note: TaxNote) -> pb::Split {
    let share = |amount: Fen| split.capital.map_or(0, |capital| of_company(amount, capital).get().into());
    let part = |party: &str, kind: pb::PartyKind, amount: Fen, taxable: Fen| pb::SplitPart {
        party: party.to_owned(),
        kind: kind.into(),
        amount_fen: amount.get(),
        company_share_ppm: share(amount),
        outside_wage_cap: kind == pb::PartyKind::Inventor,
        taxable_fen: taxable.get(),
    };
    let mut parts = vec![part("UNIT", pb::PartyKind::Unit, split.unit, Fen::ZERO)];
    match split.received_on {
        Some(received_on) => parts.extend(split.parts.iter().map(|(name, amount)| {
            let taxable = note.taxable(*amount, received_on, split.effective_on);
            part(name, pb::PartyKind::Inventor, *amount, taxable)
        })),
        None => parts.push(part("INVENTORS", pb::PartyKind::Inventors, split.inventors, Fen::ZERO)),
    }
    pb::Split { parts, ..division(split) }
}

/// Counts and sums.
pub(super) fn sums(sums: &Sums) -> pb::CountDealsResponse {
    let bp = |part: i64, whole: i64| {
        let ratio = BasisPoints::ratio(part.unsigned_abs(), whole.unsigned_abs());
        ratio.and_then(|it| it.get().try_into().ok()).unwrap_or(0)
    };
    pb::CountDealsResponse {
        deals: sums.deals,
        state_owned_buyers: sums.state_owned,
        private_buyers: sums.deals - sums.state_owned,
        related_disclosed: sums.related,
        equity_deals: sums.equity,
        technology_value_fen: sums.technology,
        unit_equity_fen: sums.unit_equity,
        unit_equity_bp: bp(sums.unit_equity, sums.technology),
        distributions: sums.distributions,
        net_income_fen: sums.net,
        inventors_fen: sums.inventors,
        unit_fen: sums.unit,
        inventors_bp: bp(sums.inventors, sums.net),
    }
}
