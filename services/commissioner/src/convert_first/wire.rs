//! Convert-first licences on the wire.

use canopy_kernel::on_the_wire;
use canopy_kernel::period::add_days;
use canopy_proto::commissioner::v1 as pb;
use jiff::civil::Date;

use super::model::State;
use super::rule_due;
use super::rule_terms::Payment;
use super::store::Tally;
use crate::deal::model::Deal;
use crate::edge::day_text;

on_the_wire!(State => pb::ConvertFirstState {
    Licensed, Using, Triggered, Paying, Settled, EndedNoTrigger, Defaulted
});

/// How it is paid: mode, number of parts, months between them, share of revenue.
fn payment(payment: Payment) -> (pb::PaymentMode, u32, u32, u32) {
    match payment {
        Payment::Deferred => (pb::PaymentMode::Deferred, 0, 0, 0),
        Payment::Instalments { count, months } => (pb::PaymentMode::Instalments, count, months, 0),
        Payment::RevenueShare { share } => (pb::PaymentMode::RevenueShare, 0, 0, share.get()),
        Payment::Conditional => (pb::PaymentMode::Conditional, 0, 0, 0),
    }
}

/// The licence of a deal as it stands on a day: what happened later is not shown. `None` for other modes and before
/// the signature.
pub(crate) fn message(deal: &Deal, day: Date) -> Option<pb::ConvertFirst> {
    let it = deal.convert_first.as_ref()?;
    let account = deal.account();
    let state = it.state_on(account, day)?;
    let int = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let by = |step: Option<Date>| day_text(step.filter(|step| *step <= day));
    let if_in = |last: State, on: Option<Date>| on.filter(|_| state == last);
    let (payment, instalments, instalment_months, revenue_share_bp) = payment(it.terms.payment);
    let ended_on = it.ended_on.unwrap_or(add_days(it.free_until(), 1));
    let settled_on = if_in(State::Settled, [account.paid_up_on(), it.settled_on].into_iter().flatten().min());
    // What was settled before the free period was over has no trigger.
    let triggered_on = it.trigger_on().filter(|on| settled_on.is_none_or(|settled_on| *on <= settled_on));
    let dues = if state == State::EndedNoTrigger { Vec::new() } else { it.dues(account.price, day) };
    let pay_by = it.pay_by(account, day).filter(|_| !state.is_last());
    let stated = it.revenues.iter().filter(|it| it.stated_on <= day);
    Some(pb::ConvertFirst {
        state: state.to_wire(),
        payment: payment.into(),
        free_months: int(it.terms.free_months),
        free_until: it.free_until().to_string(),
        instalments: int(instalments),
        instalment_months: int(instalment_months),
        revenue_share_bp: int(revenue_share_bp),
        payment_days: int(it.terms.payment_days),
        licensed_on: it.licensed_on.to_string(),
        using_on: by(it.using_on),
        triggered_on: by(triggered_on),
        settled_on: day_text(settled_on),
        ended_on: day_text(if_in(State::EndedNoTrigger, Some(ended_on))),
        defaulted_on: day_text(if_in(State::Defaulted, it.defaulted_on)),
        revenue_fen: stated.map(|it| it.amount.get()).fold(0, i64::saturating_add),
        owed_fen: rule_due::total(&dues).get(),
        paid_fen: account.paid_by(day).get(),
        pay_by: day_text(pay_by),
        overdue: pay_by.is_some_and(|last| last < day),
    })
}

/// Counts by state.
pub(super) fn tally(tally: &Tally) -> pb::CountConvertFirstDealsResponse {
    pb::CountConvertFirstDealsResponse {
        licensed: tally.licensed,
        using: tally.using,
        triggered: tally.triggered,
        paying: tally.paying,
        settled: tally.settled,
        ended_no_trigger: tally.ended_no_trigger,
        defaulted: tally.defaulted,
        price_fen: tally.price,
        paid_fen: tally.paid,
    }
}
