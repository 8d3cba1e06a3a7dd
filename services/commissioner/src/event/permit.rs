//! What is listened to in the feed of the permit service: registered contracts, their amendments and cancellations.

use canopy_kernel::{Failure, Fen, Uscc, date, reason};
use canopy_persistence::{Listener, Tx};
use canopy_proto::commissioner::v1 as pb;
use canopy_proto::common::v1::Envelope;
use futures::future::BoxFuture;
use prost::{Message, Name};

use crate::contract::{self, Contract, Parties, Priced, Told};

/// Takes contracts and links them to signed projects.
#[derive(Debug)]
pub(crate) struct PermitListener;

impl Listener for PermitListener {
    fn apply<'t>(&'t self, tx: &'t mut Tx, events: &'t [Envelope]) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(async move {
            for event in events {
                if let Some(told) = read(event)? {
                    contract::take(tx, &told).await?;
                }
            }
            Ok(())
        })
    }

    fn forget<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(contract::store::forget(tx))
    }
}

/// What an event says; `None` for what is not listened to. Types go by the name of the message, whichever package of the
/// permit service tells them.
fn read(event: &Envelope) -> Result<Option<Told>, Failure> {
    let is = |name: &str| event.r#type.rsplit('.').next() == Some(name);
    if is(pb::TechContractRegistered::NAME) {
        let told: pb::TechContractRegistered = decode(event)?;
        let price = Priced {
            turnover: Fen::new(told.turnover_fen)?,
            transaction: Fen::new(told.transaction_amount_fen)?,
            on: date::parse(&told.registered_on)?,
        };
        let parties = Parties {
            giver: Uscc::from_stored(&told.seller_uscc)?,
            taker: Uscc::from_stored(&told.buyer_uscc)?,
        };
        let signed_on = date::parse(&told.signed_on)?;
        let (number, kind) = (told.contract_no, told.contract_type);
        Ok(Some(Told::Registered(Contract { number, parties, kind, signed_on, price })))
    } else if is(pb::TechContractAmended::NAME) {
        let told: pb::TechContractAmended = decode(event)?;
        let price = Priced {
            turnover: Fen::new(told.turnover_fen)?,
            transaction: Fen::new(told.transaction_amount_fen)?,
            on: date::parse(&told.amended_on)?,
        };
        Ok(Some(Told::Amended { number: told.contract_no, price }))
    } else if is(pb::TechContractCancelled::NAME) {
        let told: pb::TechContractCancelled = decode(event)?;
        Ok(Some(Told::Cancelled { number: told.contract_no, on: date::parse(&told.cancelled_on)? }))
    } else {
        Ok(None)
    }
}

fn decode<M: Message + Default>(event: &Envelope) -> Result<M, Failure> {
    M::decode(event.payload.as_slice())
        .map_err(|error| Failure::new(&reason::INTERNAL).because(format_args!("event {}: {error}", event.id)))
}
