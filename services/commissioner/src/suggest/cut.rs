//! Cuts text into words (分词), the same for the index and for a score. Chinese has no spaces between words, so of it each
//! two neighbouring characters are a word (二元切分); of other scripts and of digits, what stands together is one. Own
//! code: the cutters that crates offer know words by a dictionary, which was the largest part of the process's memory, and
//! the judgements of `RULES.md` R67 found suggestions no better by it.

use std::collections::BTreeSet;

use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};

/// What cuts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cutter;

impl Cutter {
    /// The words of a text.
    pub fn cut(self, text: &str) -> BTreeSet<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    /// The parts of a text that those words cover: words that overlap make one part.
    pub fn covered<'t>(self, text: &'t str, words_found: &BTreeSet<String>) -> Vec<&'t str> {
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for word in words(text).into_iter().filter(|word| words_found.contains(&word.text)) {
            match parts.last_mut() {
                Some((_, to)) if word.offset_from < *to => *to = word.offset_to,
                _ => parts.push((word.offset_from, word.offset_to)),
            }
        }
        parts.into_iter().map(|(from, to)| &text[from..to]).collect()
    }

    /// The same for the index.
    pub(super) fn analyzer(self) -> TextAnalyzer {
        TextAnalyzer::builder(self).build()
    }
}

impl Tokenizer for Cutter {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        Words { words: words(text), next: 0 }
    }
}

/// The words of a text, one after the other.
pub struct Words {
    words: Vec<Token>,
    next: usize,
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.words.len()
    }

    fn token(&self) -> &Token {
        &self.words[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.words[self.next - 1]
    }
}

/// What characters stand together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Chinese,
    Other,
    None,
}

fn script(character: char) -> Script {
    match character {
        // Unified ideographs, their extension A, and those beyond the basic plane.
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => Script::Chinese,
        other if other.is_alphanumeric() => Script::Other,
        _ => Script::None,
    }
}

fn words(text: &str) -> Vec<Token> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut words = Vec::new();
    for run in characters.chunk_by(|(_, one), (_, next)| script(*one) == script(*next)) {
        match run.first().map_or(Script::None, |(_, first)| script(*first)) {
            Script::Chinese if run.len() > 1 => {
                run.windows(2).for_each(|pair| words.push(word(text, pair, words.len())));
            }
            Script::Chinese | Script::Other => words.push(word(text, run, words.len())),
            Script::None => {}
        }
    }
    words
}

/// The word of those characters, in small letters.
fn word(text: &str, characters: &[(usize, char)], position: usize) -> Token {
    let from = characters.first().map_or(0, |(at, _)| *at);
    let to = characters.last().map_or(from, |(at, character)| at + character.len_utf8());
    Token {
        offset_from: from,
        offset_to: to,
        position,
        text: text[from..to].to_lowercase(),
        position_length: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_chinese_two_neighbours_are_a_word_and_of_others_what_stands_together() {
        let cut = |text: &str| Cutter.cut(text).into_iter().collect::<Vec<_>>();
        assert_eq!(cut("污水处理"), ["处理", "水处", "污水"]);
        assert_eq!(cut("5G网络, PLC 联网"), ["5g", "plc", "网络", "联网"]);
        assert_eq!(cut("泵;𠀀𠀁"), ["泵", "𠀀𠀁"]);
        assert!(cut(" ,。").is_empty());
    }

    #[test]
    fn words_that_overlap_cover_one_part() {
        let found = ["光纤", "纤传", "传感", "响应"].map(str::to_owned).into();
        assert_eq!(Cutter.covered("光纤传感系统响应滞后", &found), ["光纤传感", "响应"]);
        assert!(Cutter.covered("水稻", &found).is_empty());
    }

    #[test]
    fn the_index_cuts_alike_and_knows_where_each_word_stands() {
        let mut analyzer = Cutter.analyzer();
        let mut stream = analyzer.token_stream("高温 PLC");
        let mut found = Vec::new();
        while let Some(token) = stream.next() {
            found.push((token.text.clone(), token.offset_from, token.offset_to, token.position));
        }
        assert_eq!(found, [("高温".to_owned(), 0, 6, 0), ("plc".to_owned(), 7, 10, 1)]);
    }
}
