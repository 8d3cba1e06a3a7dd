//! What the lexicon reads out of a text: concerns, a wish, the stage reached, fields that lie side by side
//! (`RULES.md` R62). Phrases are looked for as they stand, whatever words a text is cut into.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::model::{Reading, Stage};

/// The words of the trade, as the installation keeps them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Words that say nothing about the matter.
    pub unheard: BTreeSet<String>,
    /// Phrases that name the same concern, by its name.
    pub concerns: BTreeMap<String, BTreeSet<String>>,
    /// Phrases that ask for a stage.
    pub wishes: BTreeMap<String, Stage>,
    /// Phrases that say which stage was reached.
    pub stages: BTreeMap<String, Stage>,
    /// Pairs of fields that lie side by side.
    pub neighbours: BTreeSet<(String, String)>,
}

impl Lexicon {
    /// Reads a text that was cut into those words.
    pub fn read(&self, text: &str, words: impl IntoIterator<Item = String>) -> Reading {
        let heard = |word: &String| !self.unheard.contains(word) && word.chars().any(char::is_alphanumeric);
        let said = |phrases: &BTreeSet<String>| -> BTreeSet<String> {
            phrases.iter().filter(|phrase| text.contains(phrase.as_str())).cloned().collect()
        };
        let concerns = self.concerns.iter().map(|(name, phrases)| (name.clone(), said(phrases)));
        Reading {
            words: words.into_iter().filter(heard).collect(),
            concerns: concerns.filter(|(_, phrases)| !phrases.is_empty()).collect(),
            wish: furthest(&self.wishes, text),
            reached: furthest(&self.stages, text),
        }
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
