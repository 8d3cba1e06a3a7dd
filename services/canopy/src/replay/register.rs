//! Imports a register as one stream of pieces in file order, a few of them on the way at a time. When the stream
//! breaks, what was not answered is sent again: each row has its own idempotency key.

use std::collections::VecDeque;

use anyhow::bail;
use canopy_proto::common::v1::RowResult;
use prost::Message;
use prost::bytes::Bytes;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::file::Place;
use super::link::{Judgement, Link, judge};
use super::plan::Person;
use super::table::{Malformed, Record};

/// Rows in a piece: as many as the contract allows.
pub const PIECE_ROWS: usize = 1_000;

/// Pieces on the way at a time; bounds the memory of an import.
const WINDOW: usize = 4;

/// The beginning that the answers of all imports share.
#[derive(Clone, PartialEq, Message)]
struct Results {
    #[prost(message, repeated, tag = "1")]
    results: Vec<RowResult>,
}

/// A piece on the way.
struct Piece {
    body: Bytes,
    rows: usize,
}

/// How the rows of a register become a piece.
pub(super) type Encode = fn(&[Record], &Place<'_>) -> Result<Vec<u8>, Malformed>;

/// An import under way.
pub(super) struct Import<'a, I> {
    pub(super) path: &'static str,
    pub(super) by: Person,
    pub(super) place: Place<'a>,
    pub(super) encode: Encode,
    pub(super) records: I,
}

impl<I: Iterator<Item = anyhow::Result<Record>>> Import<'_, I> {
    /// Imports to the end; tells how many rows each answer settled.
    pub(super) async fn run(mut self, link: &Link, mut answered: impl FnMut(u64)) -> anyhow::Result<()> {
        let mut waiting: VecDeque<Piece> = VecDeque::new();
        let mut pauses = link.pauses();
        loop {
            let (sender, receiver) = mpsc::channel(WINDOW);
            for piece in &waiting {
                send(&sender, piece);
            }
            self.fill(&mut waiting, &sender)?;
            let opened = link.open(self.path, &self.by, ReceiverStream::new(receiver)).await?;
            let ended = match opened {
                Ok(answers) => self.follow(answers, sender, &mut waiting, &mut answered).await?,
                Err(status) => Err(status),
            };
            let Err(status) = ended else { return Ok(()) };
            match judge(&status) {
                Judgement::Again(delay) => pauses.pause(delay, self.path, &status).await?,
                Judgement::Refused(failure) | Judgement::Fault(failure) => bail!("{}: {failure}", self.path),
            }
        }
    }

    /// Reads answers and sends further pieces until all are answered, or the stream breaks.
    async fn follow(
        &mut self,
        mut answers: tonic::Streaming<Bytes>,
        sender: mpsc::Sender<Bytes>,
        waiting: &mut VecDeque<Piece>,
        answered: &mut impl FnMut(u64),
    ) -> anyhow::Result<Result<(), tonic::Status>> {
        let mut sender = Some(sender);
        let mut settled = 0;
        loop {
            if waiting.is_empty() {
                // The end of the requests lets the server end the answers.
                sender = None;
            }
            let answer = match answers.message().await {
                Ok(Some(answer)) => Results::decode(answer)?,
                Ok(None) if waiting.is_empty() => return Ok(Ok(())),
                Ok(None) => return Ok(Err(tonic::Status::from_error("the answers ended early".into()))),
                Err(status) => return Ok(Err(status)),
            };
            settled += answer.results.len();
            answered(u64::try_from(answer.results.len())?);
            while let Some(rows) = waiting.front().map(|piece| piece.rows).filter(|rows| *rows <= settled) {
                settled -= rows;
                waiting.pop_front();
            }
            if let Some(sender) = &sender {
                self.fill(waiting, sender)?;
            }
        }
    }

    fn fill(&mut self, waiting: &mut VecDeque<Piece>, sender: &mpsc::Sender<Bytes>) -> anyhow::Result<()> {
        while waiting.len() < WINDOW {
            let Some(piece) = self.next_piece()? else { break };
            send(sender, &piece);
            waiting.push_back(piece);
        }
        Ok(())
    }

    fn next_piece(&mut self) -> anyhow::Result<Option<Piece>> {
        let records = self.records.by_ref().take(PIECE_ROWS).collect::<anyhow::Result<Vec<Record>>>()?;
        if records.is_empty() {
            return Ok(None);
        }
        let body = (self.encode)(&records, &self.place)?.into();
        Ok(Some(Piece { body, rows: records.len() }))
    }
}

/// Hands a piece to the stream. There is room for every waiting piece; when the stream has broken, its answers say
/// why, and the piece is sent again on the next one.
fn send(sender: &mpsc::Sender<Bytes>, piece: &Piece) {
    let _ = sender.try_send(piece.body.clone());
}
