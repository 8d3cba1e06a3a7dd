//! Which contract carries a project out: by parties, amount and time, and when the link is lost.

#![allow(clippy::unwrap_used, reason = "tests")]

use jiff::civil::date;

use super::*;

fn project(id: u128, fen: i64, signed_on: Date) -> Project {
    Project { id: SigningId::new(uuid::Uuid::from_u128(id)), amount: Fen::new(fen).unwrap(), signed_on }
}

fn price(contract: &str, fen: i64, from: Date, until: Option<Date>) -> Price {
    Price { contract: contract.to_owned(), turnover: Fen::new(fen).unwrap(), from, until }
}

/// Project (last digits of its id), contract, first and end day of each link.
fn linked(projects: &[Project], prices: &[Price]) -> Vec<(u128, String, Date, Option<Date>)> {
    link(projects, prices)
        .into_iter()
        .map(|it| (it.project.as_uuid().as_u128(), it.contract, it.from, it.until))
        .collect()
}

const MARCH: Date = date(2022, 3, 1);
const APRIL: Date = date(2022, 4, 1);
const MAY: Date = date(2022, 5, 1);
const JUNE: Date = date(2022, 6, 1);

#[test]
fn a_contract_with_the_same_amount_carries_the_project_out() {
    let projects = [project(1, 500, MARCH)];
    assert_eq!(linked(&projects, &[price("A", 500, APRIL, None)]), [(1, "A".to_owned(), APRIL, None)]);
    assert!(linked(&projects, &[price("A", 501, APRIL, None)]).is_empty());
}

#[test]
fn a_contract_registered_before_the_signing_counts_from_the_signing() {
    let projects = [project(1, 500, MAY)];
    assert_eq!(linked(&projects, &[price("A", 500, APRIL, None)]), [(1, "A".to_owned(), MAY, None)]);
    assert!(linked(&projects, &[price("A", 500, APRIL, Some(MAY))]).is_empty());
}

#[test]
fn a_framework_agreement_is_carried_out_by_nothing() {
    assert!(linked(&[project(1, 0, MARCH)], &[price("A", 0, APRIL, None)]).is_empty());
}

#[test]
fn two_projects_need_two_contracts_and_one_contract_serves_one() {
    let projects = [project(2, 500, APRIL), project(1, 500, MARCH)];
    let one = [price("A", 500, MAY, None)];
    assert_eq!(linked(&projects, &one), [(1, "A".to_owned(), MAY, None)]);
    let two = [price("B", 500, JUNE, None), price("A", 500, MAY, None)];
    assert_eq!(linked(&projects, &two), [(1, "A".to_owned(), MAY, None), (2, "B".to_owned(), JUNE, None)]);
}

#[test]
fn an_amended_price_ends_one_link_and_may_begin_another() {
    let projects = [project(1, 500, MARCH), project(2, 800, MARCH)];
    let amended = [price("A", 500, APRIL, Some(JUNE)), price("A", 800, JUNE, None)];
    assert_eq!(
        linked(&projects, &amended),
        [(1, "A".to_owned(), APRIL, Some(JUNE)), (2, "A".to_owned(), JUNE, None)]
    );
}

#[test]
fn after_a_cancellation_another_contract_may_carry_the_project_out() {
    let projects = [project(1, 500, MARCH)];
    let prices = [price("A", 500, APRIL, Some(MAY)), price("B", 500, MAY, None)];
    assert_eq!(
        linked(&projects, &prices),
        [(1, "A".to_owned(), APRIL, Some(MAY)), (1, "B".to_owned(), MAY, None)]
    );
}

#[test]
fn the_order_in_which_facts_came_does_not_matter() {
    let projects = [project(1, 500, MARCH), project(2, 500, APRIL), project(3, 700, APRIL)];
    let prices = [
        price("A", 500, APRIL, Some(MAY)),
        price("A", 700, MAY, None),
        price("B", 500, MAY, None),
        price("C", 500, JUNE, None),
    ];
    let expected = linked(&projects, &prices);
    let backwards = |mut it: Vec<Price>| {
        it.reverse();
        it
    };
    let mut turned = projects.to_vec();
    turned.reverse();
    assert_eq!(linked(&turned, &backwards(prices.to_vec())), expected);
    assert_eq!(expected.len(), 4);
}
