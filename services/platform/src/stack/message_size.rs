//! Bounds each message of a request by the length that stands before it, before any of it is buffered.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use canopy_kernel::{Failure, reason};
use http_body::{Frame, SizeHint};
use tonic::body::Body;

use super::{Next, Request, Response, Shared};
use crate::status::to_status;

/// Compression flag (1 byte) and length (4 bytes, big endian) before each gRPC message.
const PREFIX_BYTES: usize = 5;

pub(super) async fn limit(stack: Arc<Shared>, request: Request, next: Next) -> Response {
    let limit = stack.max_message_bytes;
    next.call(request.map(|body| Body::new(Limited { body, limit, prefix: Vec::new(), left: 0 }))).await
}

struct Limited {
    body: Body,
    limit: usize,
    /// The part of a message's prefix that has come.
    prefix: Vec<u8>,
    /// Bytes of the present message still to come.
    left: usize,
}

impl Limited {
    fn scan(&mut self, mut data: &[u8]) -> Result<(), Failure> {
        while !data.is_empty() {
            if self.left > 0 {
                let step = self.left.min(data.len());
                self.left -= step;
                data = &data[step..];
                continue;
            }
            let step = (PREFIX_BYTES - self.prefix.len()).min(data.len());
            self.prefix.extend_from_slice(&data[..step]);
            data = &data[step..];
            if let [_, length @ ..] = self.prefix.as_slice()
                && let Ok(length) = <[u8; 4]>::try_from(length)
            {
                self.left = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                self.prefix.clear();
                self.judge()?;
            }
        }
        Ok(())
    }

    fn judge(&self) -> Result<(), Failure> {
        match self.left > self.limit {
            true => Err(Failure::new(&reason::MESSAGE_TOO_LARGE).with("limit_bytes", self.limit)),
            false => Ok(()),
        }
    }
}

impl http_body::Body for Limited {
    type Data = Bytes;
    /// tonic hands a status found as a body's error to the caller as it is.
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)?) else { return Poll::Ready(None) };
        if let Some(Err(failure)) = frame.data_ref().map(|data| self.scan(data)) {
            return Poll::Ready(Some(Err(to_status(&failure))));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
