//! What the lexicon reads out of a text: concerns, a wish, the stage reached, fields that lie side by side
//! (`RULES.md` R62). Phrases are looked for as they stand, whatever words a text is cut into.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde::Deserialize;

use super::cut::Cutter;
use super::model::{Reading, Stage};

/// The words of the trade, as the installation keeps them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Words that say nothing about the matter, wherever they stand but in a word that is kept.
    pub unheard: BTreeSet<String>,
    /// Words that say something though one of those stands in them.
    #[serde(default)]
    pub kept: BTreeSet<String>,
    /// Phrases that name the same concern, by its name.
    pub concerns: BTreeMap<String, BTreeSet<String>>,
    /// Phrases that ask for a stage.
    pub wishes: BTreeMap<String, Stage>,
    /// Phrases that say which stage was reached.
    pub stages: BTreeMap<String, Stage>,
    /// Pairs of fields that lie side by side.
    pub neighbours: BTreeSet<(String, String)>,
    #[serde(skip)]
    known: Known,
}

/// What a word does to the text in which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    /// It says nothing: the text falls apart there.
    Unheard,
    /// It names a concern and is a piece of its own.
    Concern,
    /// It stays in its piece, whatever stands in it.
    Kept,
}

/// The words that have a role.
#[derive(Clone, Debug, Default)]
struct Known(BTreeMap<String, Role>);

impl Known {
    /// The longest of them with which a text begins, whose first character is given.
    fn longest(&self, first: &str, text: &str) -> Option<(usize, Role)> {
        let alike = self
            .0
            .range::<str, _>((Bound::Included(first), Bound::Unbounded))
            .take_while(|(word, _)| word.starts_with(first));
        let begun = alike.filter(|(word, _)| text.starts_with(word.as_str()));
        begun.map(|(word, role)| (word.len(), *role)).max()
    }
}

/// A text on its way into pieces.
#[derive(Default)]
struct Pieces {
    done: Vec<String>,
    open: String,
    /// Whether the open piece begins beside a word that was taken out.
    beside: bool,
}

impl Pieces {
    /// Ends the open piece, beside a word that is taken out or not. A character alone beside one is what was left of a
    /// saying, as 差 beside a trouble.
    fn end(&mut self, beside: bool) {
        let piece = std::mem::take(&mut self.open);
        let left_over = (self.beside || beside) && piece.chars().nth(1).is_none();
        if !piece.is_empty() && !left_over {
            self.done.push(piece);
        }
        self.beside = beside;
    }
}

impl Lexicon {
    /// Reads the file of an installation.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut lexicon: Self = toml::from_str(text)?;
        let kept = lexicon.kept.iter().map(|word| (word, Role::Kept));
        let concerns = lexicon.concerns.values().flatten().map(|phrase| (phrase, Role::Concern));
        let unheard = lexicon.unheard.iter().map(|word| (word, Role::Unheard));
        let known = unheard.chain(concerns).chain(kept).map(|(word, role)| (word.clone(), role));
        lexicon.known = Known(known.filter(|(word, _)| !word.is_empty()).collect());
        Ok(lexicon)
    }

    /// Reads a text.
    pub fn read(&self, text: &str) -> Reading {
        let said = |phrases: &BTreeSet<String>| -> BTreeSet<String> {
            phrases.iter().filter(|phrase| text.contains(phrase.as_str())).cloned().collect()
        };
        let concerns = self.concerns.iter().map(|(name, phrases)| (name.clone(), said(phrases)));
        let pieces = self.heard(text);
        Reading {
            words: pieces.iter().flat_map(|piece| Cutter.cut(piece)).collect(),
            pieces,
            concerns: concerns.filter(|(_, phrases)| !phrases.is_empty()).collect(),
            wish: furthest(&self.wishes, text),
            reached: furthest(&self.stages, text),
        }
    }

    /// The pieces of a text that say something: what words that say nothing, and signs, leave of it.
    fn heard(&self, text: &str) -> Vec<String> {
        let mut pieces = Pieces::default();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let first = &rest[..next.len_utf8()];
            let known = self.known.longest(first, rest);
            let length = known.map_or(first.len(), |(length, _)| length);
            match known {
                Some((_, Role::Unheard)) => pieces.end(true),
                Some((_, Role::Concern)) => {
                    pieces.end(true);
                    pieces.done.push(rest[..length].to_owned());
                }
                None if !next.is_alphanumeric() => pieces.end(false),
                Some((_, Role::Kept)) | None => pieces.open.push_str(&rest[..length]),
            }
            rest = &rest[length..];
        }
        pieces.end(false);
        pieces.done
    }

    /// Whether two fields lie side by side.
    pub fn are_neighbours(&self, one: &str, other: &str) -> bool {
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        self.neighbours.contains(&pair(one, other)) || self.neighbours.contains(&pair(other, one))
    }

    /// The other phrases of the concerns that a reading has: what an answer may call them.
    pub fn kindred(&self, reading: &Reading) -> BTreeSet<String> {
        let all = reading.concerns.keys().filter_map(|name| self.concerns.get(name)).flatten();
        all.filter(|phrase| !reading.concerns.values().any(|said| said.contains(*phrase))).cloned().collect()
    }
}

/// The furthest stage that a text speaks of.
fn furthest(phrases: &BTreeMap<String, Stage>, text: &str) -> Option<(Stage, String)> {
    let said = phrases.iter().filter(|(phrase, _)| text.contains(phrase.as_str()));
    said.max_by_key(|(_, stage)| **stage).map(|(phrase, stage)| (*stage, phrase.clone()))
}

#[cfg(test)]
mod tests;
