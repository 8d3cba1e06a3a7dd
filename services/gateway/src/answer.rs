//! What the gateway answers: a service's answer, its own services' answers, and refusals as gRPC
//! responses of headers alone.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use canopy_kernel::{Code, Failure};
use canopy_platform::status::to_status;
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};

use crate::relay::Relay;

/// Body of an answer.
#[derive(Default)]
pub(crate) enum Body {
    /// Nothing: the status stands in the headers.
    #[default]
    Empty,
    /// Of a service.
    Relayed(Relay),
    /// Of the gateway's health or reflection.
    Own(tonic::body::Body),
}

/// The failure as a response of headers alone, logged once.
pub(crate) fn refusal(path: &str, failure: &Failure) -> Response<Body> {
    match failure.code() {
        Code::Internal | Code::Unavailable => tracing::warn!(path, %failure, "call failed"),
        _ => tracing::debug!(path, %failure, "call refused"),
    }
    to_status(failure).into_http()
}

/// The failure as the end of an answer that has begun.
pub(crate) fn trailers(failure: &Failure) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if to_status(failure).add_header(&mut trailers).is_err() {
        // Only a message that no header can hold; the code alone always fits.
        trailers.insert("grpc-status", failure.code().number().into());
    }
    trailers
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        match self.get_mut() {
            Body::Empty => Poll::Ready(None),
            Body::Relayed(relay) => relay.poll_frame(cx).map(|frame| frame.map(Ok)),
            Body::Own(own) => Pin::new(own).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Body::Empty => true,
            Body::Relayed(relay) => relay.is_end_stream(),
            Body::Own(own) => own.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Empty => SizeHint::with_exact(0),
            Body::Relayed(relay) => relay.size_hint(),
            Body::Own(own) => own.size_hint(),
        }
    }
}
