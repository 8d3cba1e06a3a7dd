//! Registered technology contracts (技术合同登记) as the permit service tells them, and the link to signed projects.

pub mod rule_link;
pub(crate) mod store;

use canopy_kernel::id::SigningId;
use canopy_kernel::{Failure, Fen, Uscc};
use canopy_persistence::Tx;
use jiff::civil::Date;

use crate::demand::model::Act;
use crate::{demand, signing};
use rule_link::Link;

/// What the feed tells of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It was registered.
    Registered(Contract),
    /// Its price changed.
    Amended {
        /// Number.
        number: String,
        /// The new price.
        price: Priced,
    },
    /// Its registration was cancelled.
    Cancelled {
        /// Number.
        number: String,
        /// Day from which it is.
        on: Date,
    },
}

/// A contract as it was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contract {
    /// Registration number.
    pub number: String,
    /// Seller and buyer.
    pub parties: Parties,
    /// Type.
    pub kind: String,
    /// Day signed.
    pub signed_on: Date,
    /// The price from the registration on.
    pub price: Priced,
}

/// A price from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Priced {
    /// Total price.
    pub turnover: Fen,
    /// Price without equipment and materials.
    pub transaction: Fen,
    /// Day from which it holds.
    pub on: Date,
}

/// Who gives the technology and who takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Party A, the seller.
    pub giver: Uscc,
    /// Party B, the buyer.
    pub taker: Uscc,
}

/// Takes what the feed tells, then links the parties' projects and contracts anew.
pub(crate) async fn take(tx: &mut Tx, told: &Told) -> Result<(), Failure> {
    let number = match told {
        Told::Registered(contract) => {
            store::lock_pair(tx, contract.parties).await?;
            store::insert(tx, contract).await?;
            &contract.number
        }
        Told::Amended { number, .. } | Told::Cancelled { number, .. } => number,
    };
    // A contract that was registered before this service listened has no place here.
    let Some(parties) = store::parties(tx, number).await? else { return Ok(()) };
    store::lock_pair(tx, parties).await?;
    match told {
        Told::Registered(_) => {}
        Told::Amended { number, price } => store::put_price(tx, number, *price).await?,
        Told::Cancelled { number, on } => store::cancel(tx, number, *on).await?,
    }
    relink(tx, parties).await
}

/// Links the projects and contracts of two parties anew, and moves the demands whose project is carried out now, or is
/// not any more (R18).
pub(crate) async fn relink(tx: &mut Tx, parties: Parties) -> Result<(), Failure> {
    store::lock_pair(tx, parties).await?;
    let projects = store::projects(tx, parties).await?;
    let prices = store::prices(tx, parties).await?;
    let before = store::links(tx, parties).await?;
    let after = rule_link::link(&projects, &prices);
    if before == after {
        return Ok(());
    }
    store::replace_links(tx, parties, &after).await?;
    for project in &projects {
        let (had, has) = (standing(&before, project.id), standing(&after, project.id));
        if had == has {
            continue;
        }
        let changed = signing::contract_changed(tx, project.id, has).await?;
        let Some(demand) = changed.demand else { continue };
        let Some(demand) = demand::store::lock(tx, demand).await? else { continue };
        match has {
            Some(link) => demand::follow(tx, demand, Act::Register, link.from, &link.contract).await?,
            None => {
                let ends =
                    after.iter().filter(|link| link.project == project.id).filter_map(|link| link.until);
                let on = ends.max().unwrap_or_else(|| tx.today());
                demand::follow(tx, demand, Act::Unregister, on, "").await?
            }
        };
    }
    Ok(())
}

/// The link of a project that has no end.
fn standing(links: &[Link], project: SigningId) -> Option<&Link> {
    links.iter().find(|link| link.project == project && link.until.is_none())
}
