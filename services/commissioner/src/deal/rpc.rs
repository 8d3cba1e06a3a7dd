//! `DealService`: conversion deals at the edge.

use canopy_kernel::id::DealId;
use canopy_kernel::{BasisPoints, Failure, Fen};
use canopy_persistence::edge::named;
use canopy_persistence::{ImportRow, Turn, Write, db};
use canopy_platform::{Call, answer};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::commissioner::v1::deal_service_server::DealService;
use canopy_proto::common::v1::RowResult;
use tonic::{Request, Response, Status, Streaming};

use super::import::{self, Frame};
use super::model::{Buyer, BuyerKind, PriceMethod, Terms};
use super::read::{mode, mode_if_any, read, unstated};
use super::store::{self, Case, Counted, Place};
use super::wire::{message, receipt, split, sums};
use super::{Aim, Choices, Distribute, Income, Price, Step, unknown};
use crate::convert_first::rpc as convert_first;
use crate::edge::{
    Answers, CATCH_UP, Desk, answers, code, day_if_any, opened, own_unit, rows_of, unit_if_any,
};
use crate::empowerment::require_own;

/// The service.
pub(crate) struct DealRpc(pub(crate) Desk);

#[tonic::async_trait]
impl DealService for DealRpc {
    type ImportDealsStream = Answers<pb::ImportDealsResponse>;

    async fn import_deals(
        &self,
        request: Request<Streaming<pb::ImportDealsRequest>>,
    ) -> Result<Response<Self::ImportDealsStream>, Status> {
        let it = self.0.clone();
        answer(Call::of(&request).map(|call| {
            answers(request.into_inner(), move |mut message: pb::ImportDealsRequest, turn| {
                let (it, call) = (it.clone(), call.clone());
                async move {
                    let rows = rows_of(&mut message, |it| &mut it.rows)?;
                    let results = piece(&it, &call, turn, &rows).await?;
                    Ok(pb::ImportDealsResponse { results })
                }
            })
        }))
    }

    async fn batch_import_deals(
        &self,
        request: Request<pb::BatchImportDealsRequest>,
    ) -> Result<Response<pb::BatchImportDealsResponse>, Status> {
        answer(batch(&self.0, request).await)
    }

    async fn price_deal(&self, request: Request<pb::PriceDealRequest>) -> Result<Response<pb::Deal>, Status> {
        answer(price(&self.0, request).await)
    }

    async fn publish_price(
        &self,
        request: Request<pb::PublishPriceRequest>,
    ) -> Result<Response<pb::Deal>, Status> {
        answer(publish(&self.0, request).await)
    }

    async fn change_price(
        &self,
        request: Request<pb::ChangePriceRequest>,
    ) -> Result<Response<pb::Deal>, Status> {
        answer(change_price(&self.0, request).await)
    }

    async fn sign_deal(&self, request: Request<pb::SignDealRequest>) -> Result<Response<pb::Deal>, Status> {
        answer(sign(&self.0, request).await)
    }

    async fn record_receipt(
        &self,
        request: Request<pb::RecordReceiptRequest>,
    ) -> Result<Response<pb::Receipt>, Status> {
        answer(receive(&self.0, request).await)
    }

    async fn distribute_receipt(
        &self,
        request: Request<pb::DistributeReceiptRequest>,
    ) -> Result<Response<pb::Split>, Status> {
        answer(distribute(&self.0, request).await)
    }

    async fn close_deal(&self, request: Request<pb::CloseDealRequest>) -> Result<Response<pb::Deal>, Status> {
        answer(close(&self.0, request).await)
    }

    async fn begin_use(&self, request: Request<pb::BeginUseRequest>) -> Result<Response<pb::Deal>, Status> {
        answer(convert_first::begin_use(&self.0, request).await)
    }

    async fn trigger_payment(
        &self,
        request: Request<pb::TriggerPaymentRequest>,
    ) -> Result<Response<pb::Deal>, Status> {
        answer(convert_first::trigger_payment(&self.0, request).await)
    }

    async fn record_revenue(
        &self,
        request: Request<pb::RecordRevenueRequest>,
    ) -> Result<Response<pb::Deal>, Status> {
        answer(convert_first::record_revenue(&self.0, request).await)
    }

    async fn settle_payment(
        &self,
        request: Request<pb::SettlePaymentRequest>,
    ) -> Result<Response<pb::Deal>, Status> {
        answer(convert_first::settle_payment(&self.0, request).await)
    }

    async fn end_use(&self, request: Request<pb::EndUseRequest>) -> Result<Response<pb::Deal>, Status> {
        answer(convert_first::end_use(&self.0, request).await)
    }

    async fn declare_default(
        &self,
        request: Request<pb::DeclareDefaultRequest>,
    ) -> Result<Response<pb::Deal>, Status> {
        answer(convert_first::declare_default(&self.0, request).await)
    }

    async fn count_convert_first_deals(
        &self,
        request: Request<pb::CountConvertFirstDealsRequest>,
    ) -> Result<Response<pb::CountConvertFirstDealsResponse>, Status> {
        answer(convert_first::count(&self.0, request).await)
    }

    async fn get_deal(&self, request: Request<pb::GetDealRequest>) -> Result<Response<pb::Deal>, Status> {
        answer(get(&self.0, request).await)
    }

    async fn list_deals(
        &self,
        request: Request<pb::ListDealsRequest>,
    ) -> Result<Response<pb::ListDealsResponse>, Status> {
        answer(list(&self.0, request).await)
    }

    async fn list_splits(
        &self,
        request: Request<pb::ListSplitsRequest>,
    ) -> Result<Response<pb::ListSplitsResponse>, Status> {
        answer(list_splits(&self.0, request).await)
    }

    async fn count_deals(
        &self,
        request: Request<pb::CountDealsRequest>,
    ) -> Result<Response<pb::CountDealsResponse>, Status> {
        answer(count(&self.0, request).await)
    }
}

/// What the installation chose.
fn choices(it: &Desk) -> Result<Choices, Failure> {
    Ok(Choices { floor: floor(it)?, usual: it.config.transfer.convert_first.bounds()?.usual() })
}

/// The statutory floor of the inventors' share.
fn floor(it: &Desk) -> Result<BasisPoints, Failure> {
    BasisPoints::new(it.config.transfer.inventor_floor_bp.into())
}

async fn piece(it: &Desk, call: &Call, turn: Turn, rows: &[pb::DealRow]) -> Result<Vec<RowResult>, Failure> {
    // Listings and shares are the registry's: what it answered before this call counts.
    it.feed.catch_up(call, CATCH_UP).await?;
    let frame = Frame { unit: own_unit(call)?, choices: choices(it)? };
    let rows =
        rows.iter().map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, read(row))).collect();
    it.store
        .import(call, "import_deals", turn, rows, move |tx, rows| {
            Box::pin(async move { import::enter(tx, frame, &rows).await })
        })
        .await
}

async fn batch(
    it: &Desk,
    request: Request<pb::BatchImportDealsRequest>,
) -> Result<pb::BatchImportDealsResponse, Failure> {
    let call = Call::of(&request)?;
    let rows = rows_of(&mut request.into_inner(), |it| &mut it.rows)?;
    let results = piece(it, &call, Turn::alone(), &rows).await?;
    Ok(pb::BatchImportDealsResponse { results })
}

async fn read_price(it: &Desk, call: &Call, request: pb::PriceDealRequest) -> Result<Price, Failure> {
    let (capital, technology) =
        (Fen::new(request.company_capital_fen)?, Fen::new(request.technology_value_fen)?);
    let terms = Terms {
        mode: mode(request.mode, capital, technology)?,
        price_method: PriceMethod::from_wire(request.price_method).ok_or_else(|| unstated("price_method"))?,
        price: Fen::new(request.price_fen)?,
        publicity: None,
        buyer: Buyer {
            uscc: code("buyer_uscc", &request.buyer_uscc)?,
            kind: BuyerKind::from_wire(request.buyer_kind).ok_or_else(|| unstated("buyer_kind"))?,
            related: request.related_buyer,
        },
        disclosed: false,
        signed_on: None,
        number: request.deal_no,
    };
    let empowerment = named("empowerment", &request.empowerment)?;
    let unit = own_unit(call)?;
    it.feed.catch_up(call, CATCH_UP).await?;
    Ok(Price { empowerment, unit, terms })
}

async fn price(it: &Desk, request: Request<pb::PriceDealRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("price_deal", &request.request_id, &request).validate_only(request.validate_only);
    let command = read_price(it, &call, request).await;
    it.store
        .write(&call, write, command, |tx, command| {
            Box::pin(async move {
                let deal = super::price(tx, &command).await?;
                Ok(message(&deal, tx.today()))
            })
        })
        .await
}

/// The deal that a caller means, and the version that he has read.
pub(crate) fn aim(call: &Call, name: &str, etag: &str) -> Result<Aim, Failure> {
    Ok(Aim { id: named("name", name)?, unit: own_unit(call)?, etag: etag.to_owned() })
}

async fn step(
    it: &Desk,
    call: &Call,
    write: Write,
    order: Result<(Aim, Step), Failure>,
) -> Result<pb::Deal, Failure> {
    let choices = choices(it)?;
    it.store
        .write(call, write, order, move |tx, order| {
            Box::pin(async move {
                let (aim, step) = &*order;
                let deal = super::step(tx, aim, *step, choices).await?;
                Ok(message(&deal, tx.today()))
            })
        })
        .await
}

async fn publish(it: &Desk, request: Request<pb::PublishPriceRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("publish_price", &request.request_id, &request).validate_only(request.validate_only);
    let aim = aim(&call, &request.name, &request.etag);
    let order = aim.map(|aim| (aim, Step::Publish(request.related_disclosed)));
    step(it, &call, write, order).await
}

async fn change_price(it: &Desk, request: Request<pb::ChangePriceRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("change_price", &request.request_id, &request).validate_only(request.validate_only);
    let aim = aim(&call, &request.name, &request.etag);
    let order = aim.and_then(|aim| Ok((aim, Step::ChangePrice(Fen::new(request.price_fen)?))));
    step(it, &call, write, order).await
}

async fn read_signature(
    it: &Desk,
    call: &Call,
    request: &pb::SignDealRequest,
) -> Result<(Aim, Step), Failure> {
    let aim = aim(call, &request.name, &request.etag)?;
    let terms = request.convert_first.as_ref().map(|stated| convert_first::terms(it, stated)).transpose()?;
    it.feed.catch_up(call, CATCH_UP).await?;
    Ok((aim, Step::Sign(Fen::new(request.price_fen)?, terms)))
}

async fn sign(it: &Desk, request: Request<pb::SignDealRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("sign_deal", &request.request_id, &request).validate_only(request.validate_only);
    let order = read_signature(it, &call, &request).await;
    step(it, &call, write, order).await
}

async fn close(it: &Desk, request: Request<pb::CloseDealRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let write = Write::new("close_deal", &request.request_id, &request).validate_only(request.validate_only);
    let order = aim(&call, &request.name, &request.etag).map(|aim| (aim, Step::Close));
    step(it, &call, write, order).await
}

fn read_income(call: &Call, request: pb::RecordReceiptRequest) -> Result<Income, Failure> {
    Ok(Income {
        aim: aim(call, &request.name, "")?,
        receipts: Fen::new(request.receipts_fen)?,
        direct_costs: Fen::new(request.direct_costs_fen)?,
        receipt_no: request.receipt_no,
    })
}

async fn receive(it: &Desk, request: Request<pb::RecordReceiptRequest>) -> Result<pb::Receipt, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("record_receipt", &request.request_id, &request).validate_only(request.validate_only);
    it.store
        .write(&call, write, read_income(&call, request), |tx, command| {
            Box::pin(async move {
                let (deal, booked) = super::receive(tx, &command).await?;
                Ok(receipt(&deal, &booked))
            })
        })
        .await
}

async fn read_distribution(
    it: &Desk,
    call: &Call,
    request: pb::DistributeReceiptRequest,
) -> Result<Distribute, Failure> {
    let order = Distribute {
        aim: aim(call, &request.name, "")?,
        receipt_no: request.receipt_no,
        agreement_version_no: request.agreement_version_no,
        floor: floor(it)?,
    };
    it.feed.catch_up(call, CATCH_UP).await?;
    Ok(order)
}

async fn distribute(it: &Desk, request: Request<pb::DistributeReceiptRequest>) -> Result<pb::Split, Failure> {
    let (call, request) = opened(request)?;
    let write =
        Write::new("distribute_receipt", &request.request_id, &request).validate_only(request.validate_only);
    let note = it.config.transfer.tax_note.note()?;
    let command = read_distribution(it, &call, request).await;
    it.store
        .write(&call, write, command, move |tx, command| {
            Box::pin(async move {
                let divided = super::distribute(tx, &command).await?;
                Ok(split(&divided, note))
            })
        })
        .await
}

async fn get(it: &Desk, request: Request<pb::GetDealRequest>) -> Result<pb::Deal, Failure> {
    let (call, request) = opened(request)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unit = own_unit(&call)?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let id: DealId = match request.name.is_empty() {
        false => named("name", &request.name)?,
        true => {
            let found = store::by_numbers(&mut conn, &[request.deal_no], unit).await?;
            found.first().copied().ok_or_else(unknown)?
        }
    };
    let found = store::load(&mut conn, &[id]).await?.pop().ok_or_else(unknown)?;
    require_own(unit, found.unit)?;
    Ok(message(&found, day))
}

async fn list(it: &Desk, request: Request<pb::ListDealsRequest>) -> Result<pb::ListDealsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListDealsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Place>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unit = unit_if_any(&call, "unit_uscc", &request.unit_uscc)?;
    let mode = mode_if_any(request.mode);
    let ids = store::page(it.store.pool(), unit, mode, page.after.as_ref(), page.limit()).await?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let found = store::load(&mut conn, &ids).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Place::of)?;
    Ok(pb::ListDealsResponse { deals: found.iter().map(|it| message(it, day)).collect(), next_page_token })
}

async fn list_splits(
    it: &Desk,
    request: Request<pb::ListSplitsRequest>,
) -> Result<pb::ListSplitsResponse, Failure> {
    let (call, request) = opened(request)?;
    let query = pb::ListSplitsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page = it.store.page::<Case>(query, (request.page_size, &request.page_token), 100)?;
    let day = it.store.as_of(&call, "as_of", &request.as_of)?;
    let unit = unit_if_any(&call, "unit_uscc", &request.unit_uscc)?;
    let note = it.config.transfer.tax_note.note()?;
    let mut conn = it.store.pool().acquire().await.map_err(db)?;
    let found = store::splits(&mut conn, unit, day, page.after.as_ref(), page.limit()).await?;
    let (found, next_page_token) = it.store.cut(&page, found, Case::of)?;
    Ok(pb::ListSplitsResponse { splits: found.iter().map(|it| split(it, note)).collect(), next_page_token })
}

async fn count(
    it: &Desk,
    request: Request<pb::CountDealsRequest>,
) -> Result<pb::CountDealsResponse, Failure> {
    let (call, request) = opened(request)?;
    let asked = Counted {
        unit: unit_if_any(&call, "unit_uscc", &request.unit_uscc)?,
        from: day_if_any("from", &request.from)?,
        to: it.store.as_of(&call, "as_of", &request.as_of)?,
        known_before: it.store.known_before("known_at", &request.known_at)?,
    };
    Ok(sums(&store::count(it.store.pool(), &asked).await?))
}
