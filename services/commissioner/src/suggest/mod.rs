//! Suggestions: which achievements answer a demand, and which demands an achievement answers. The index finds
//! candidates, the database says what they are on the day asked, and a score in integers ranks them and says why
//! (`RULES.md` R61–R67).

pub mod cut;
mod index;
pub(crate) mod keeper;
pub mod model;
pub(crate) mod rpc;
pub mod rule_lexicon;
pub mod rule_score;
pub(crate) mod store;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Context as _;
use canopy_kernel::{Failure, reason};
use serde::Deserialize;
use uuid::Uuid;

use cut::Cutter;
use index::{Finder, Snapshot};
use model::{Need, Offer, Reading, Score, Side, Weights};
use rule_lexicon::Lexicon;
use rule_score::{Scales, rarity};

/// The words of the trade as this suite brings them.
const LEXICON: &str = include_str!("lexicon.toml");

/// Section `suggest` of the configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SuggestSettings {
    /// Folder of the index, for this process alone; empty = in memory, made anew at each start.
    pub folder: PathBuf,
    /// TOML file with the words of the trade; empty = those of the suite.
    pub lexicon_file: PathBuf,
    /// How much each clause can give.
    pub weights: Weights,
}

/// What suggests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Suggest(Arc<Inner>);

struct Inner {
    finder: Finder,
    lexicon: Lexicon,
    weights: Weights,
    /// Position of this service's own feed that the index includes.
    position: AtomicI64,
}

/// Who asks for what: the words to look for, and the candidates wanted.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub side: Side,
    pub words: BTreeSet<String>,
    pub kindred: BTreeSet<String>,
    pub at_most: usize,
}

impl Suggest {
    /// Opens the index and the words of the trade.
    pub fn open(settings: &SuggestSettings) -> anyhow::Result<Self> {
        let lexicon = match settings.lexicon_file.as_os_str().is_empty() {
            true => LEXICON.to_owned(),
            false => fs::read_to_string(&settings.lexicon_file)
                .with_context(|| format!("read {}", settings.lexicon_file.display()))?,
        };
        let inner = Inner {
            finder: Finder::open(&settings.folder)?,
            lexicon: Lexicon::parse(&lexicon).context("words of the trade")?,
            weights: settings.weights,
            position: AtomicI64::new(0),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Position of this service's own feed that the index includes.
    pub fn position(&self) -> i64 {
        self.0.position.load(Ordering::Acquire)
    }

    /// Reads a text.
    pub fn read(&self, text: &str) -> Reading {
        self.0.lexicon.read(text)
    }

    /// What to look for on the other side of a reading.
    pub fn search(&self, side: Side, reading: &Reading, at_most: usize) -> Search {
        let phrases = self.0.lexicon.kindred(reading);
        let kindred = phrases.iter().flat_map(|phrase| Cutter.cut(phrase));
        let kindred = kindred.filter(|word| !reading.words.contains(word)).collect();
        Search { side, words: reading.words.clone(), kindred, at_most }
    }

    /// Candidates, best first.
    pub fn find(&self, search: &Search) -> Result<Vec<Uuid>, Failure> {
        let snapshot = self.0.finder.snapshot();
        snapshot.find(search.side, &search.words, &search.kindred, search.at_most).map_err(index_failure)
    }

    /// Scores pairs, each of which has a part in common; the weights of words are those of one moment.
    pub fn score<'p, I>(&self, pairs: I) -> Result<Vec<Score>, Failure>
    where
        I: Iterator<Item = (&'p Need, &'p Offer)> + Clone,
    {
        let words = pairs.clone().flat_map(|(need, _)| &need.reading.words);
        let rare = rare(&self.0.finder.snapshot(), words).map_err(index_failure)?;
        let rarity = |word: &str| rare.get(word).copied().unwrap_or(1);
        let scales = Scales { weights: self.0.weights, lexicon: &self.0.lexicon, rarity };
        Ok(pairs.map(|(need, offer)| scales.score(need, offer)).collect())
    }
}

/// How rare those words are.
fn rare<'w>(
    snapshot: &Snapshot,
    words: impl Iterator<Item = &'w String>,
) -> anyhow::Result<HashMap<&'w str, u64>> {
    let all = snapshot.size();
    let mut rare = HashMap::new();
    for word in words {
        if !rare.contains_key(word.as_str()) {
            rare.insert(word.as_str(), rarity(all, snapshot.having(word)?));
        }
    }
    Ok(rare)
}

fn index_failure(error: anyhow::Error) -> Failure {
    Failure::new(&reason::INTERNAL).because(format!("index: {error:#}"))
}
