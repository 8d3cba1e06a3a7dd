//! Cuts Chinese text into words (分词), the same for the index and for a score.

use std::collections::BTreeSet;

use tantivy::tokenizer::{LowerCaser, TextAnalyzer, TokenStream as _};
use tantivy_jieba::JiebaTokenizer;

/// What cuts. The dictionary is read once in a process, at the first text.
#[derive(Clone)]
pub struct Cutter(TextAnalyzer);

impl Cutter {
    /// The cutter of this build.
    pub fn new() -> Self {
        Self(TextAnalyzer::builder(JiebaTokenizer::new()).filter(LowerCaser).build())
    }

    /// The words of a text.
    pub fn cut(&self, text: &str) -> BTreeSet<String> {
        let mut analyzer = self.0.clone();
        let mut words = analyzer.token_stream(text);
        let mut found = BTreeSet::new();
        while let Some(word) = words.next() {
            found.insert(word.text.clone());
        }
        found
    }

    /// The same for the index.
    pub(super) fn analyzer(&self) -> TextAnalyzer {
        self.0.clone()
    }
}

impl Default for Cutter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_words_and_longer_words_into_their_parts_too() {
        let words = Cutter::new().cut("污水处理工艺能耗偏高, PLC 联网");
        for word in ["污水处理", "污水", "工艺", "能耗", "plc"] {
            assert!(words.contains(word), "{word} in {words:?}");
        }
    }
}
