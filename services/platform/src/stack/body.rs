//! What goes on while an answer's body is sent: it is observed to its end, ended at the deadline or at a stop, guarded against
//! panics, and holds the call's place in flight.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use canopy_kernel::{Code, Failure};
use futures::future::BoxFuture;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tonic::body::Body;

use super::{Response, panic_guard};
use crate::status::{refuse, to_trailers};

type FramePoll = Poll<Option<Result<Frame<Bytes>, tonic::Status>>>;

/// Tells `end` the gRPC status number once the answer is complete; CANCELLED when its reader goes away before.
pub(super) fn observe(response: Response, end: impl FnOnce(i32) + Send + 'static) -> Response {
    if let Some(code) = code_in(response.headers()) {
        end(code);
        return response;
    }
    response.map(|body| Body::new(Observed { body, end: Some(Box::new(end)) }))
}

/// Keeps `held` until the answer is complete or its reader goes away.
pub(super) fn hold(response: Response, held: impl Send + 'static) -> Response {
    observe(response, move |_| drop(held))
}

/// Ends a stream with the failure that `end` comes to, as soon as it does.
pub(super) fn end_when(response: Response, end: BoxFuture<'static, Failure>) -> Response {
    response.map(|body| Body::new(Ending { body, end, over: false }))
}

/// Ends a stream whose source panics with INTERNAL.
pub(super) fn guard(response: Response) -> Response {
    response.map(|body| Body::new(Guarded { body, over: false }))
}

fn code_in(headers: &HeaderMap) -> Option<i32> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

struct Observed {
    body: Body,
    end: Option<Box<dyn FnOnce(i32) + Send>>,
}

impl Observed {
    fn end(&mut self, code: i32) {
        if let Some(end) = self.end.take() {
            end(code);
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.end(Code::Cancelled.number());
    }
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> FramePoll {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.end(code_in(trailers).unwrap_or_default());
                }
            }
            Some(Err(status)) => {
                let code = status.code().into();
                self.end(code);
            }
            None => self.end(Code::Ok.number()),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct Ending {
    body: Body,
    end: BoxFuture<'static, Failure>,
    over: bool,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> FramePoll {
        if self.over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(failure) = self.end.as_mut().poll(cx) {
            self.over = true;
            return Poll::Ready(Some(Ok(Frame::trailers(to_trailers(&failure)))));
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.is_end_stream()
    }
}

struct Guarded {
    body: Body,
    over: bool,
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> FramePoll {
        if self.over {
            return Poll::Ready(None);
        }
        let body = &mut self.body;
        match catch_unwind(AssertUnwindSafe(|| Pin::new(body).poll_frame(cx))) {
            Ok(frame) => frame,
            Err(panic) => {
                self.over = true;
                let failure = panic_guard::failure(panic.as_ref());
                refuse(&failure);
                Poll::Ready(Some(Ok(Frame::trailers(to_trailers(&failure)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.is_end_stream()
    }
}
