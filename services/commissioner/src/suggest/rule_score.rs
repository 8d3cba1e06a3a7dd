//! The score of a demand and an achievement, clause by clause in integers (`RULES.md` R61, R63–R66). A pair has one
//! score, whichever side asks.

use std::collections::BTreeSet;

use super::cut::Cutter;
use super::model::{Clause, Matter, Need, Offer, Score, Stage, Weights};
use super::rule_lexicon::Lexicon;

/// Share of a clause that kindred words give where the very words give all of it, in percent.
const KINDRED: u64 = 60;
/// Share of the field's clause that a neighbouring field gives, in percent.
const NEIGHBOUR: u64 = 40;
/// Steps of readiness short of the wish at which nothing is given any more.
const STEPS: u8 = 4;

/// How rare a word is among the achievements: 1 for one that all have, 4 more each time half as many have it.
pub fn rarity(all: u64, having: u64) -> u64 {
    let ratio = u128::from(all.max(having) + 1) * 16 / u128::from(having + 1);
    // Four times the binary logarithm of a sixteenth of the ratio; 2^30 bounds what the fourth power can hold.
    u64::from(ratio.min(1 << 30).pow(4).ilog2()) - 15
}

/// What a score is made with.
pub struct Scales<'a, R> {
    /// How much each clause can give.
    pub weights: Weights,
    /// The words of the trade.
    pub lexicon: &'a Lexicon,
    /// How rare a word is among the achievements.
    pub rarity: R,
}

impl<R: Fn(&str) -> u64> Scales<'_, R> {
    /// Scores a pair.
    pub fn score(&self, need: &Need, offer: &Offer) -> Score {
        let words = self.words(need, offer);
        let concern = self.concern(need, offer, &words);
        let clauses = vec![
            words,
            concern,
            self.field(need, offer),
            self.maturity(need, offer),
            self.region(need, offer),
        ];
        Score { clauses: [clauses, vec![self.standing(need, offer)]].concat() }
    }

    /// R63: the share of the demand's words that the achievement has, rare words counting more.
    fn words(&self, need: &Need, offer: &Offer) -> Clause {
        let weight = |word: &String| (self.rarity)(word);
        let asked: u64 = need.reading.words.iter().map(weight).sum();
        let found: BTreeSet<String> =
            need.reading.words.intersection(&offer.reading.words).cloned().collect();
        let met: u64 = found.iter().map(weight).sum();
        // Told in the words of the demand, as it puts them.
        let parts = need.reading.pieces.iter().flat_map(|piece| Cutter.covered(piece, &found));
        let told: BTreeSet<String> = parts.map(str::to_owned).collect();
        clause(Matter::Words, self.weights.words, share(met, asked), told.into_iter().collect())
    }

    /// R64: each trouble that the demand names, met in its very words or in kindred ones. A demand that names none is
    /// taken by its words.
    fn concern(&self, need: &Need, offer: &Offer, words: &Clause) -> Clause {
        let most = self.weights.concern;
        let asked: BTreeSet<&String> = need.reading.concerns.values().flatten().collect();
        if asked.is_empty() {
            let percent = share(words.points.into(), words.most.into());
            return clause(Matter::Concern, most, percent, Vec::new());
        }
        let mut found = BTreeSet::new();
        let mut met = 0;
        for phrase in &asked {
            if let Some((percent, answer)) = answer(need, offer, phrase) {
                met += percent;
                found.insert(answer.clone());
            }
        }
        let percent = met / u64::try_from(asked.len()).unwrap_or(u64::MAX);
        clause(Matter::Concern, most, percent, found.into_iter().collect())
    }

    /// R65: the same field, or one beside it.
    fn field(&self, need: &Need, offer: &Offer) -> Clause {
        let percent = match need.field == offer.field {
            true => 100,
            false if self.lexicon.are_neighbours(&need.field, &offer.field) => NEIGHBOUR,
            false => 0,
        };
        clause(Matter::Field, self.weights.field, percent, vec![offer.field.clone()])
    }

    /// R66: nothing is lost at the stage that the demand wishes for or beyond, a part with every step short of it.
    fn maturity(&self, need: &Need, offer: &Offer) -> Clause {
        let (reached, said) = match &offer.reading.reached {
            Some((stage, words)) => (*stage, words.clone()),
            None => (offer.maturity, format!("TRL {}", offer.maturity.0)),
        };
        let wanted = need.reading.wish.as_ref().map_or(Stage(1), |(stage, _)| *stage);
        let short = u64::from(wanted.0.saturating_sub(reached.0).min(STEPS));
        let percent = 100 - short * 100 / u64::from(STEPS);
        let wish = need.reading.wish.as_ref().map(|(_, words)| words.clone());
        clause(Matter::Maturity, self.weights.maturity, percent, wish.into_iter().chain([said]).collect())
    }

    /// R66: the same district, else the same city.
    fn region(&self, need: &Need, offer: &Offer) -> Clause {
        let same = !offer.seat.area_code.is_empty() && need.seat.area_code == offer.seat.area_code;
        let percent = match (same, need.seat.in_city && offer.seat.in_city) {
            (true, _) => 100,
            (false, true) => 60,
            (false, false) => 0,
        };
        let area = Some(offer.seat.area_code.clone()).filter(|area| !area.is_empty());
        clause(Matter::Region, self.weights.region, percent, area.into_iter().collect())
    }

    /// R66: nothing for a pair of which one is on the list on that day.
    fn standing(&self, need: &Need, offer: &Offer) -> Clause {
        let listed: Vec<String> =
            [&need.listing_no, &offer.listing_no].into_iter().filter(|it| !it.is_empty()).cloned().collect();
        let percent = if listed.is_empty() { 100 } else { 0 };
        clause(Matter::Standing, self.weights.standing, percent, listed)
    }
}

/// How far an achievement answers a phrase of the demand, and the words in which it does.
fn answer<'o>(need: &Need, offer: &'o Offer, phrase: &str) -> Option<(u64, &'o String)> {
    let named = need.reading.concerns.iter().filter(|(_, phrases)| phrases.contains(phrase));
    let mut answered: Vec<&BTreeSet<String>> =
        named.filter_map(|(name, _)| offer.reading.concerns.get(name)).collect();
    let same = answered.iter().find_map(|phrases| phrases.get(phrase));
    same.map(|same| (100, same)).or_else(|| Some((KINDRED, answered.pop()?.first()?)))
}

/// How many percent that is of it; nothing asked for is nothing met.
fn share(part: u64, whole: u64) -> u64 {
    (part * 100).checked_div(whole).unwrap_or(0)
}

fn clause(matter: Matter, most: u32, percent: u64, found: Vec<String>) -> Clause {
    let points = u32::try_from(u64::from(most) * percent / 100).unwrap_or(most);
    Clause { matter, points, most, found }
}

#[cfg(test)]
mod tests;
