//! The steps of convert-first deals at the edge of `DealService`.

use canopy_kernel::{BasisPoints, Failure, Fen, reason};
use canopy_persistence::Write;
use canopy_platform::Call;
use canopy_proto::commissioner::v1 as pb;
use tonic::Request;

use super::Order;
use super::model::Step;
use super::rule_terms::{Payment, PaymentTerms};
use super::store;
use super::wire::tally;
use crate::deal::rpc::aim;
use crate::deal::store::Counted;
use crate::deal::wire::message;
use crate::edge::{Desk, day_if_any, opened, unit_if_any};

/// Reads how the price is paid. What belongs to another way of payment is not stated.
fn payment(terms: &pb::ConvertFirstTerms) -> Result<Payment, Failure> {
    let natural = |number: i32| u32::try_from(number).unwrap_or_default();
    let (count, months, share) = (terms.instalments, terms.instalment_months, terms.revenue_share_bp);
    let below = |field: &'static str, min: i32| {
        Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on(field).with("min", min))
    };
    match (terms.payment(), count, months, share) {
        (pb::PaymentMode::Unspecified | pb::PaymentMode::Deferred, 0, 0, 0) => Ok(Payment::Deferred),
        (pb::PaymentMode::Instalments, _, _, 0) if count < 2 => below("convert_first.instalments", 2),
        (pb::PaymentMode::Instalments, _, 0, 0) => below("convert_first.instalment_months", 1),
        (pb::PaymentMode::Instalments, _, _, 0) => {
            Ok(Payment::Instalments { count: natural(count), months: natural(months) })
        }
        (pb::PaymentMode::RevenueShare, 0, 0, _) => {
            Ok(Payment::RevenueShare { share: BasisPoints::new(share.into())? })
        }
        (pb::PaymentMode::Conditional, 0, 0, 0) => Ok(Payment::Conditional),
        _ => Err(Failure::new(&reason::FIELD_INVALID).on("convert_first.payment")),
    }
}

/// Reads what the parties agreed about payment, within the bounds of the installation.
pub(crate) fn terms(it: &Desk, stated: &pb::ConvertFirstTerms) -> Result<PaymentTerms, Failure> {
    let free_months = u32::try_from(stated.free_months).unwrap_or_default();
    it.config.transfer.convert_first.bounds()?.admit(payment(stated)?, free_months)
}

/// An order of the unit that the caller acts for.
fn order(call: &Call, of: (&str, &str), step: Step, reason: &str) -> Result<Order, Failure> {
    let (name, etag) = of;
    Ok(Order { aim: aim(call, name, etag)?, step, reason: reason.to_owned() })
}

async fn step(
    it: &Desk,
    call: &Call,
    write: Write,
    order: Result<Order, Failure>,
) -> Result<pb::Deal, Failure> {
    it.store
        .write(call, write, order, |tx, order| {
            Box::pin(async move {
                let deal = super::step(tx, &order).await?;
                Ok(message(&deal, tx.today()))
            })
        })
        .await
}

pub(crate) async fn begin_use(it: &Desk, request: Request<pb::BeginUseRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("begin_use", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&call, (&request.name, &request.etag), Step::BeginUse, "");
    step(it, &call, write, order).await
}

pub(crate) async fn trigger_payment(
    it: &Desk,
    request: Request<pb::TriggerPaymentRequest>,
) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("trigger_payment", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&call, (&request.name, &request.etag), Step::Trigger, &request.evidence);
    step(it, &call, write, order).await
}

pub(crate) async fn record_revenue(
    it: &Desk,
    request: Request<pb::RecordRevenueRequest>,
) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("record_revenue", &request.request_id, &request).validate_only(request.validate_only);
    let order = Fen::new(request.revenue_fen).and_then(|revenue| {
        let stated = Step::RecordRevenue(request.statement_no.clone(), revenue);
        order(&call, (&request.name, &request.etag), stated, &request.statement_no)
    });
    step(it, &call, write, order).await
}

pub(crate) async fn settle_payment(
    it: &Desk,
    request: Request<pb::SettlePaymentRequest>,
) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("settle_payment", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&call, (&request.name, &request.etag), Step::Settle, &request.reason);
    step(it, &call, write, order).await
}

pub(crate) async fn end_use(it: &Desk, request: Request<pb::EndUseRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("end_use", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&call, (&request.name, &request.etag), Step::End, &request.reason);
    step(it, &call, write, order).await
}

pub(crate) async fn declare_default(
    it: &Desk,
    request: Request<pb::DeclareDefaultRequest>,
) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("declare_default", &request.request_id, &request).validate_only(request.validate_only);
    let order = order(&call, (&request.name, &request.etag), Step::DeclareDefault, &request.reason);
    step(it, &call, write, order).await
}

pub(crate) async fn count(
    it: &Desk,
    request: Request<pb::CountConvertFirstDealsRequest>,
) -> Result<pb::CountConvertFirstDealsResponse, Failure> {
    let (call, request) = opened(request)?;
    let asked = Counted {
        unit: unit_if_any(&call, "unit_uscc", &request.unit_uscc)?,
        from: day_if_any("from", &request.from)?,
        to: it.store.as_of(&call, "as_of", &request.as_of)?,
        known_before: it.store.known_before("known_at", &request.known_at)?,
    };
    Ok(tally(&store::count(it.store.pool(), &asked).await?))
}
