//! SQL of contracts, their prices and their links to signed projects.

use canopy_kernel::id::SigningId;
use canopy_kernel::{Failure, Fen, Uscc};
use canopy_persistence::{Tx, db};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::rule_link::{Link, Price, Project};
use super::{Contract, Parties, Priced};

/// Holds what two parties have with each other until the end of the transaction.
pub(crate) async fn lock_pair(tx: &mut Tx, parties: Parties) -> Result<(), Failure> {
    sqlx::query!(
        r#"
        insert into commissioner.party_pair (party_a_uscc, party_b_uscc)
        values ($1, $2)
        on conflict (party_a_uscc, party_b_uscc) do nothing
        "#,
        parties.giver.as_str(),
        parties.taker.as_str(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    sqlx::query!(
        "select from commissioner.party_pair where party_a_uscc = $1 and party_b_uscc = $2 for update",
        parties.giver.as_str(),
        parties.taker.as_str(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Enters a contract with its first price; one that is told again stays as it is.
pub(crate) async fn insert(tx: &mut Tx, contract: &Contract) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.contract
            (contract_no, seller_uscc, buyer_uscc, contract_type, signed_on, registered_on, cancelled_on, recorded_at)
        values ($1, $2, $3, $4, $5, $6, null, $7)
        on conflict (contract_no) do nothing
        "#,
        contract.number,
        contract.parties.giver.as_str(),
        contract.parties.taker.as_str(),
        contract.kind,
        contract.signed_on.to_sqlx(),
        contract.price.on.to_sqlx(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    put_price(tx, &contract.number, contract.price).await
}

/// Writes a price from its day on.
pub(crate) async fn put_price(tx: &mut Tx, number: &str, price: Priced) -> Result<(), Failure> {
    sqlx::query!(
        r#"
        insert into commissioner.contract_price (contract_no, effective_on, turnover_fen, transaction_amount_fen)
        values ($1, $2, $3, $4)
        on conflict (contract_no, effective_on) do update
        set turnover_fen = excluded.turnover_fen, transaction_amount_fen = excluded.transaction_amount_fen
        "#,
        number,
        price.on.to_sqlx(),
        price.turnover.get(),
        price.transaction.get(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes a cancellation.
pub(crate) async fn cancel(tx: &mut Tx, number: &str, on: jiff::civil::Date) -> Result<(), Failure> {
    sqlx::query!(
        "update commissioner.contract set cancelled_on = $2 where contract_no = $1",
        number,
        on.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// The parties of a contract.
pub(crate) async fn parties(tx: &mut Tx, number: &str) -> Result<Option<Parties>, Failure> {
    let row = sqlx::query!(
        "select seller_uscc, buyer_uscc from commissioner.contract where contract_no = $1",
        number,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(|row| {
        Ok(Parties {
            giver: Uscc::from_stored(&row.seller_uscc)?,
            taker: Uscc::from_stored(&row.buyer_uscc)?,
        })
    })
    .transpose()
}

/// The signed projects of two parties.
pub(crate) async fn projects(tx: &mut Tx, parties: Parties) -> Result<Vec<Project>, Failure> {
    let rows = sqlx::query!(
        "select id, amount_fen, signed_on from commissioner.signing where party_a_uscc = $1 and party_b_uscc = $2",
        parties.giver.as_str(),
        parties.taker.as_str(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let (id, signed_on) = (SigningId::new(row.id), row.signed_on.to_jiff());
            Ok(Project { id, amount: Fen::new(row.amount_fen)?, signed_on })
        })
        .collect()
}

/// The prices of the contracts of two parties: each until the next one, or the end of the contract.
pub(crate) async fn prices(tx: &mut Tx, parties: Parties) -> Result<Vec<Price>, Failure> {
    let rows = sqlx::query!(
        r#"
        select p.contract_no, p.turnover_fen, p.effective_on,
               least(lead(p.effective_on) over (partition by p.contract_no order by p.effective_on),
                     c.cancelled_on) as until_on
        from commissioner.contract_price p
        join commissioner.contract c on c.contract_no = p.contract_no
        where c.seller_uscc = $1 and c.buyer_uscc = $2
        "#,
        parties.giver.as_str(),
        parties.taker.as_str(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            Ok(Price {
                contract: row.contract_no,
                turnover: Fen::new(row.turnover_fen)?,
                from: row.effective_on.to_jiff(),
                until: row.until_on.map(|day| day.to_jiff()),
            })
        })
        .collect()
}

/// The links of the projects of two parties as they are written, sorted.
pub(crate) async fn links(tx: &mut Tx, parties: Parties) -> Result<Vec<Link>, Failure> {
    let rows = sqlx::query!(
        r#"
        select l.signing_id, l.contract_no, l.linked_on, l.unlinked_on
        from commissioner.signing_contract l
        join commissioner.signing s on s.id = l.signing_id
        where s.party_a_uscc = $1 and s.party_b_uscc = $2
        "#,
        parties.giver.as_str(),
        parties.taker.as_str(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    let mut links: Vec<Link> = rows
        .into_iter()
        .map(|row| Link {
            project: SigningId::new(row.signing_id),
            contract: row.contract_no,
            from: row.linked_on.to_jiff(),
            until: row.unlinked_on.map(|day| day.to_jiff()),
        })
        .collect();
    links.sort_unstable();
    Ok(links)
}

/// Writes the links of two parties as they are derived now.
pub(crate) async fn replace_links(tx: &mut Tx, parties: Parties, links: &[Link]) -> Result<(), Failure> {
    sqlx::query!(
        r#"
        delete from commissioner.signing_contract l
        using commissioner.signing s
        where s.id = l.signing_id and s.party_a_uscc = $1 and s.party_b_uscc = $2
        "#,
        parties.giver.as_str(),
        parties.taker.as_str(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    let ids: Vec<Uuid> = links.iter().map(|link| link.project.as_uuid()).collect();
    let contracts: Vec<&str> = links.iter().map(|link| link.contract.as_str()).collect();
    let from: Vec<_> = links.iter().map(|link| link.from.to_sqlx()).collect();
    let until: Vec<_> = links.iter().map(|link| link.until.map(ToSqlx::to_sqlx)).collect();
    sqlx::query!(
        r#"
        insert into commissioner.signing_contract (signing_id, contract_no, linked_on, unlinked_on)
        select r.signing_id, r.contract_no, r.linked_on, r.unlinked_on
        from unnest($1::uuid[], $2::text[], $3::date[], $4::date[])
            as r (signing_id, contract_no, linked_on, unlinked_on)
        "#,
        &ids,
        &contracts as _,
        &from as _,
        &until as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Forgets the contracts and what follows from them alone: they are told again. That a demand was registered stays.
pub(crate) async fn forget(tx: &mut Tx) -> Result<(), Failure> {
    sqlx::query!("delete from commissioner.signing_contract").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from commissioner.contract_price").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from commissioner.contract").execute(tx.conn()).await.map_err(db)?;
    Ok(())
}
