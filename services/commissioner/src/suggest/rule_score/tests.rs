//! What each clause of the score brings, and that the clauses add up.

use super::*;
use crate::suggest::model::{Reading, Seat};

fn lexicon() -> Lexicon {
    Lexicon::parse(include_str!("../lexicon.toml")).unwrap()
}

fn reading(lexicon: &Lexicon, text: &str, words: &[&str]) -> Reading {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Reading { words, ..lexicon.read(text) }
}

fn wuhan(area_code: &str) -> Seat {
    Seat { area_code: area_code.to_owned(), in_city: true }
}

/// A need and an offer that meet in everything.
fn pair(lexicon: &Lexicon) -> (Need, Offer) {
    let need = Need {
        reading: reading(lexicon, "光纤传感系统响应滞后,希望引进成熟方案", &["光纤", "传感", "系统", "响应"]),
        field: "光电".to_owned(),
        seat: wuhan("420111"),
        listing_no: String::new(),
    };
    let offer = Offer {
        reading: reading(
            lexicon,
            "超快光纤传感系统 针对响应滞后的问题提出新方案,已完成示范应用",
            &["超快", "光纤", "传感", "系统", "响应"],
        ),
        field: "光电".to_owned(),
        maturity: Stage(3),
        seat: wuhan("420111"),
        listing_no: String::new(),
    };
    (need, offer)
}

fn points(need: &Need, offer: &Offer) -> Vec<u32> {
    let lexicon = lexicon();
    let rarity = |word: &str| if word == "系统" { 1 } else { 3 };
    let scales = Scales { weights: Weights::default(), lexicon: &lexicon, rarity };
    let score = scales.score(need, offer);
    assert!(score.clauses.iter().all(|clause| clause.points <= clause.most));
    assert_eq!(score.points(), score.clauses.iter().map(|clause| clause.points).sum::<u32>());
    score.clauses.iter().map(|clause| clause.points).collect()
}

#[test]
fn a_pair_that_meets_in_everything_has_every_point() {
    let (need, offer) = pair(&lexicon());
    assert_eq!(points(&need, &offer), [400, 250, 150, 120, 30, 50]);
}

#[test]
fn rare_words_count_more_than_common_ones() {
    let (need, mut offer) = pair(&lexicon());
    offer.reading.words.remove("系统");
    assert_eq!(points(&need, &offer)[0], 360);
    offer.reading.words.remove("光纤");
    assert_eq!(points(&need, &offer)[0], 240);
    offer.reading.words.clear();
    assert_eq!(points(&need, &offer)[0], 0);
}

#[test]
fn a_kindred_answer_gives_a_part_and_another_trouble_nothing() {
    let lexicon = lexicon();
    let (need, mut offer) = pair(&lexicon);
    let concern = |offer: &Offer| points(&need, offer)[1];
    offer.reading.concerns = reading(&lexicon, "超快光纤传感系统", &[]).concerns;
    assert_eq!(concern(&offer), 150);
    offer.reading.concerns = reading(&lexicon, "光纤传感系统 针对成本居高不下的问题", &[]).concerns;
    assert_eq!(concern(&offer), 0);
}

#[test]
fn a_demand_of_two_troubles_is_met_by_half_when_one_is_answered() {
    let lexicon = lexicon();
    let (mut need, offer) = pair(&lexicon);
    need.reading.concerns = reading(&lexicon, "响应滞后且成本高", &[]).concerns;
    assert_eq!(points(&need, &offer)[1], 125);
}

#[test]
fn a_demand_that_names_no_trouble_is_taken_by_its_words() {
    let (mut need, mut offer) = pair(&lexicon());
    need.reading.concerns.clear();
    assert_eq!(points(&need, &offer)[1], 250);
    offer.reading.words.remove("系统");
    assert_eq!(points(&need, &offer)[1], 225);
}

#[test]
fn a_neighbouring_field_gives_a_part() {
    let (need, mut offer) = pair(&lexicon());
    for (field, expected) in [("光电", 150), ("检测", 60), ("农业", 0)] {
        offer.field = field.to_owned();
        assert_eq!(points(&need, &offer)[2], expected, "{field}");
    }
}

#[test]
fn every_step_short_of_the_wish_costs_a_quarter() {
    let lexicon = lexicon();
    let (need, mut offer) = pair(&lexicon);
    for (summary, expected) in [
        ("已完成示范应用", 120),
        ("已完成小批量生产", 120),
        ("已完成中试", 90),
        ("已完成样机验证", 60),
        ("已完成小试", 30),
    ] {
        offer.reading.reached = reading(&lexicon, summary, &[]).reached;
        assert_eq!(points(&need, &offer)[3], expected, "{summary}");
    }
    // Without words the recorded readiness counts: 3 is four steps short of 7.
    offer.reading.reached = None;
    assert_eq!(points(&need, &offer)[3], 0);
    offer.maturity = Stage(7);
    assert_eq!(points(&need, &offer)[3], 120);
}

#[test]
fn a_demand_without_a_wish_takes_any_stage() {
    let (mut need, mut offer) = pair(&lexicon());
    need.reading.wish = None;
    offer.reading.reached = None;
    assert_eq!(points(&need, &offer)[3], 120);
}

#[test]
fn the_same_district_goes_before_the_same_city() {
    let (need, mut offer) = pair(&lexicon());
    for (seat, expected) in [
        (wuhan("420111"), 30),
        (wuhan("420106"), 18),
        (Seat { area_code: "430102".to_owned(), in_city: false }, 0),
        (Seat::default(), 0),
    ] {
        offer.seat = seat;
        assert_eq!(points(&need, &offer)[4], expected);
    }
}

#[test]
fn a_listing_of_either_side_takes_the_points_of_standing() {
    let (mut need, mut offer) = pair(&lexicon());
    offer.listing_no = "LHCJ-2022-0001".to_owned();
    assert_eq!(points(&need, &offer)[5], 0);
    offer.listing_no.clear();
    need.listing_no = "LHCJ-2022-0002".to_owned();
    assert_eq!(points(&need, &offer)[5], 0);
}

#[test]
fn rarity_rises_by_four_each_time_half_as_many_have_the_word() {
    let table = [(100, 100, 1), (127, 63, 5), (127, 31, 9), (127, 0, 29), (0, 0, 1), (0, 9, 1)];
    for (all, having, expected) in table {
        assert_eq!(rarity(all, having), expected, "{having} of {all}");
    }
    assert!(rarity(u64::MAX - 1, 0) > rarity(100_000, 0));
}
