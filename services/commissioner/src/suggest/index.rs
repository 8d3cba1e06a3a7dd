//! The index (索引) on disk: it only finds what is worth scoring; what a record says is read from the database. Each
//! commit carries the place in this service's own feed that it includes, so index and place never part.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tantivy::collector::TopDocs;
use tantivy::directory::MmapDirectory;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value as _,
};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term};
use uuid::Uuid;

use super::cut::Cutter;
use super::model::Side;

/// Changes when what is indexed changes: an index of another build is made anew.
const FORMAT: u32 = 2;
/// Name under which the index knows the cutter.
const TOKENIZER: &str = "words";
/// What a writer may hold in memory before it writes a segment.
const WRITER_BYTES: usize = 15_000_000;
/// How much a kindred word counts when candidates are found.
const KINDRED: f32 = 0.5;

/// How far an index has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    format: u32,
    /// Epoch of the feed.
    pub epoch: String,
    /// Position that the index includes.
    pub position: i64,
}

impl Mark {
    /// A place in the feed.
    pub fn new(epoch: String, position: i64) -> Self {
        Self { format: FORMAT, epoch, position }
    }
}

/// A text of a record.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The record.
    pub id: Uuid,
    /// Which kind of record.
    pub side: Side,
    /// Its text.
    pub text: String,
}

/// The index. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Finder {
    index: Index,
    reader: IndexReader,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    id: Field,
    demand: Field,
    achievement: Field,
}

impl Fields {
    fn text(&self, side: Side) -> Field {
        match side {
            Side::Demand => self.demand,
            Side::Achievement => self.achievement,
        }
    }
}

impl Finder {
    /// Opens the index in a folder that belongs to it alone, or in memory when none is named. What cannot be opened is
    /// replaced by an empty index.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let (schema, fields) = schema();
        let index = match folder.as_os_str().is_empty() {
            true => Index::create_in_ram(schema),
            false => in_folder(folder, &schema)?,
        };
        index.tokenizers().register(TOKENIZER, Cutter.analyzer());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, fields })
    }

    /// How far it has come; `None` when it is to be made anew.
    pub fn mark(&self) -> Option<Mark> {
        let payload = self.index.load_metas().ok()?.payload?;
        serde_json::from_str(&payload).ok().filter(|mark: &Mark| mark.format == FORMAT)
    }

    /// The one writer of the folder; another process that has it is an error.
    pub fn writer(&self) -> anyhow::Result<Writer> {
        let writer = self.index.writer_with_num_threads(1, WRITER_BYTES).context("the index is in use")?;
        Ok(Writer { writer, finder: self.clone() })
    }

    /// What is indexed now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { searcher: self.reader.searcher(), fields: self.fields }
    }
}

fn in_folder(folder: &Path, schema: &Schema) -> anyhow::Result<Index> {
    let open = || -> anyhow::Result<Index> {
        fs::create_dir_all(folder)?;
        Ok(Index::open_or_create(MmapDirectory::open(folder)?, schema.clone())?)
    };
    let opened = open().or_else(|error| {
        tracing::warn!(folder = %folder.display(), error = %error, "index replaced by an empty one");
        fs::remove_dir_all(folder)?;
        open()
    });
    opened.with_context(|| format!("index in {}", folder.display()))
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing =
        TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(IndexRecordOption::WithFreqs);
    let text = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        id: builder.add_text_field("id", STRING | STORED),
        demand: builder.add_text_field("demand", text.clone()),
        achievement: builder.add_text_field("achievement", text),
    };
    (builder.build(), fields)
}

/// Writes the index.
pub(crate) struct Writer {
    writer: IndexWriter,
    finder: Finder,
}

impl Writer {
    /// Forgets everything.
    pub fn clear(&self) -> anyhow::Result<()> {
        self.writer.delete_all_documents()?;
        Ok(())
    }

    /// Puts records in the place of what was indexed of them.
    pub fn put(&self, entries: &[Entry]) -> anyhow::Result<()> {
        let fields = &self.finder.fields;
        for entry in entries {
            let id = entry.id.to_string();
            self.writer.delete_term(Term::from_field_text(fields.id, &id));
            let mut document = TantivyDocument::new();
            document.add_text(fields.id, &id);
            document.add_text(fields.text(entry.side), &entry.text);
            self.writer.add_document(document)?;
        }
        Ok(())
    }

    /// Makes what was put findable, up to a place in the feed.
    pub fn commit(&mut self, mark: &Mark) -> anyhow::Result<()> {
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(mark)?);
        commit.commit()?;
        self.finder.reader.reload()?;
        Ok(())
    }
}

/// What is indexed at a moment.
pub(crate) struct Snapshot {
    searcher: Searcher,
    fields: Fields,
}

impl Snapshot {
    /// The records of a side that share most with those words, best first; kindred words count less.
    pub fn find<'w>(
        &self,
        side: Side,
        words: impl IntoIterator<Item = &'w String>,
        kindred: impl IntoIterator<Item = &'w String>,
        at_most: usize,
    ) -> anyhow::Result<Vec<Uuid>> {
        let term = |word: &String| -> Box<dyn Query> {
            let term = Term::from_field_text(self.fields.text(side), word);
            Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
        };
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            words.into_iter().map(|word| (Occur::Should, term(word))).collect();
        for word in kindred {
            clauses.push((Occur::Should, Box::new(BoostQuery::new(term(word), KINDRED))));
        }
        let found = self
            .searcher
            .search(&BooleanQuery::new(clauses), &TopDocs::with_limit(at_most).order_by_score())?;
        let id = |address| -> anyhow::Result<Uuid> {
            let document: TantivyDocument = self.searcher.doc(address)?;
            let id = document.get_first(self.fields.id).and_then(|value| value.as_str());
            Ok(id.context("a document without id")?.parse()?)
        };
        found.into_iter().map(|(_, address)| id(address)).collect()
    }

    /// How many records are indexed.
    pub fn size(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// How many achievements have a word.
    pub fn having(&self, word: &str) -> anyhow::Result<u64> {
        Ok(self.searcher.doc_freq(&Term::from_field_text(self.fields.achievement, word))?)
    }
}
