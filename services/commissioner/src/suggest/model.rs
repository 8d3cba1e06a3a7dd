//! What a suggestion rests on: a need, an offer, and the score of the two clause by clause (`RULES.md` R61–R66).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Which kind of record: the one who needs, or the one who offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A demand.
    Demand,
    /// An achievement.
    Achievement,
}

impl Side {
    /// The side that answers this one.
    pub const fn other(self) -> Side {
        match self {
            Side::Demand => Side::Achievement,
            Side::Achievement => Side::Demand,
        }
    }
}

/// Technology readiness (技术成熟度), 1 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Stage(pub u8);

/// Where a party sits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// District, six digits; empty = not known.
    pub area_code: String,
    /// Whether it is in the city.
    pub in_city: bool,
}

/// What was found in a text: its words and what the lexicon reads out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Pieces of the text that carry meaning, in their order.
    pub pieces: Vec<String>,
    /// The words of those pieces.
    pub words: BTreeSet<String>,
    /// Concerns by name, each with the phrases that name it.
    pub concerns: BTreeMap<String, BTreeSet<String>>,
    /// Stage that a wish asks for at least, with the words of the wish.
    pub wish: Option<(Stage, String)>,
    /// Stage that the text says was reached, with the words that say so.
    pub reached: Option<(Stage, String)>,
}

/// A demand as it is matched.
#[derive(Clone, Debug)]
pub struct Need {
    /// What it says.
    pub reading: Reading,
    /// Field of technology.
    pub field: String,
    /// Where the firm sits.
    pub seat: Seat,
    /// Live listing of the firm; empty = in good standing.
    pub listing_no: String,
}

/// An achievement as it is matched.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What its title and summary say.
    pub reading: Reading,
    /// Field of technology.
    pub field: String,
    /// Readiness as recorded; what the summary says goes before it.
    pub maturity: Stage,
    /// Where the owner sits.
    pub seat: Seat,
    /// Live listing of the owner; empty = in good standing.
    pub listing_no: String,
}

/// What a clause looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// Words of the demand that the achievement has too.
    Words,
    /// The trouble that the demand names and the achievement answers.
    Concern,
    /// Field of technology.
    Field,
    /// How far the achievement is against what is wanted.
    Maturity,
    /// Where the two sit.
    Region,
    /// Whether both are in good standing.
    Standing,
}

/// One clause of a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// What it looks at.
    pub matter: Matter,
    /// Points given.
    pub points: u32,
    /// Points that it can give.
    pub most: u32,
    /// What was found, in the words of the records.
    pub found: Vec<String>,
}

/// The score of a pair: a clause each, in the order of [`Matter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The clauses.
    pub clauses: Vec<Clause>,
}

impl Score {
    /// The sum.
    pub fn points(&self) -> u32 {
        self.clauses.iter().map(|clause| clause.points).sum()
    }
}

/// How much each clause can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Of the words.
    pub words: u32,
    /// Of the trouble.
    pub concern: u32,
    /// Of the field.
    pub field: u32,
    /// Of the maturity.
    pub maturity: u32,
    /// Of the region.
    pub region: u32,
    /// Of the standing.
    pub standing: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { words: 400, concern: 250, field: 150, maturity: 120, region: 30, standing: 50 }
    }
}
