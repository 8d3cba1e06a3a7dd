//! Carries one call: the request's frames to the service, the answer's frames back. Nothing is
//! decoded; trailers, compression and streams pass as they are.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use canopy_kernel::{Failure, reason};
use futures::FutureExt as _;
use h2::{Reason, RecvStream, SendStream};
use http::uri::Scheme;
use http::{HeaderMap, Request, Response, Uri};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::answer;
use crate::backend::Backend;
use crate::load::Permit;

/// The service keeps the deadline itself and answers better than the gateway could; the gateway
/// waits so much longer before it answers for a service that does not.
const GRACE: Duration = Duration::from_millis(250);

/// What a call may use.
pub(crate) struct Terms {
    /// How long it may take.
    pub(crate) time: Time,
    /// Its place among the calls in flight.
    pub(crate) permit: Permit,
}

/// How long a call may take.
pub(crate) enum Time {
    /// Until its answer begins; a unary answer then comes at once.
    Unary(Duration),
    /// Until its answer ends.
    Stream(Duration),
    /// As long as the caller stays.
    Unbounded,
}

impl Time {
    /// When the gateway ends the call: for its answer's beginning and for its end.
    fn ends(&self) -> (Option<Instant>, Option<Instant>) {
        match self {
            Time::Unary(time) => (Some(Instant::now() + *time + GRACE), None),
            Time::Stream(time) => {
                let end = Instant::now().checked_add(*time + GRACE);
                (end, end)
            }
            Time::Unbounded => (None, None),
        }
    }
}

/// Sends the request to the service and waits for its answer to begin.
pub(crate) async fn forward(
    backend: &Backend,
    request: Request<Incoming>,
    terms: Terms,
) -> Result<Response<Relay>, Failure> {
    let (begin_by, end_by) = terms.time.ends();
    let (head, body) = address(request, backend).into_parts();
    let answer = async {
        let mut connection = backend.connection().await?;
        let no_body = body.is_end_stream();
        let head = Request::from_parts(head, ());
        let (answer, stream) = connection.send_request(head, no_body).map_err(|e| backend.down(e))?;
        let upload = if no_body { None } else { Upload::begin(body, stream) };
        let (head, stream) = answer.await.map_err(|fault| backend.down(fault))?.into_parts();
        Ok((head, stream, upload))
    };
    let (head, stream, upload) = match begin_by {
        Some(begin_by) => timeout_at(begin_by, answer).await.map_err(|_| late())??,
        None => answer.await?,
    };
    let deadline = end_by.map(|end_by| Box::pin(sleep_until(end_by)));
    let relay = Relay { stream, phase: Phase::Data, deadline, _upload: upload, _permit: terms.permit };
    Ok(Response::from_parts(head, relay))
}

/// Turns the request's address to the service.
fn address(mut request: Request<Incoming>, backend: &Backend) -> Request<Incoming> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(backend.authority().clone());
    *request.uri_mut() = Uri::from_parts(parts).expect("a path that came as a request's");
    *request.version_mut() = http::Version::HTTP_2;
    request
}

fn late() -> Failure {
    Failure::new(&reason::DEADLINE_EXCEEDED).because("the service did not answer in time")
}

/// The request's frames on their way to the service.
struct Upload {
    body: Incoming,
    stream: SendStream<Bytes>,
}

/// An upload that goes on beside the answer, and ends with it at the latest. Its end resets the
/// stream if the request was not complete, so a cancelled call is cancelled at the service too.
struct Uploading(AbortHandle);

impl Drop for Uploading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Upload {
    /// A unary message is mostly there already and needs no task of its own.
    fn begin(body: Incoming, stream: SendStream<Bytes>) -> Option<Uploading> {
        let mut upload = Self { body, stream };
        match poll_fn(|cx| upload.poll(cx)).now_or_never() {
            Some(()) => None,
            None => {
                let rest = tokio::spawn(async move { poll_fn(|cx| upload.poll(cx)).await });
                Some(Uploading(rest.abort_handle()))
            }
        }
    }

    /// Ready when all is sent, or when the service wants no more.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.stream.poll_reset(cx).is_ready() {
                return Poll::Ready(());
            }
            // One frame ahead at most: what the service does not take, the caller does not send.
            self.stream.reserve_capacity(1);
            if self.stream.capacity() == 0 {
                match ready!(self.stream.poll_capacity(cx)) {
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Poll::Ready(()),
                }
            }
            let sent = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => self.send(frame),
                Some(Err(_)) => {
                    self.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(());
                }
                None => self.stream.send_data(Bytes::new(), true).map(|()| Sent::Last),
            };
            match sent {
                Ok(Sent::Last) | Err(_) => return Poll::Ready(()),
                Ok(Sent::More) => {}
            }
        }
    }

    fn send(&mut self, frame: Frame<Bytes>) -> Result<Sent, h2::Error> {
        match frame.into_data() {
            Ok(data) => {
                let last = self.body.is_end_stream();
                self.stream.send_data(data, last).map(|()| if last { Sent::Last } else { Sent::More })
            }
            Err(frame) => match frame.into_trailers() {
                Ok(trailers) => self.stream.send_trailers(trailers).map(|()| Sent::Last),
                Err(_) => Ok(Sent::More),
            },
        }
    }
}

enum Sent {
    More,
    Last,
}

/// The answer's frames on their way back.
pub(crate) struct Relay {
    stream: RecvStream,
    phase: Phase,
    /// When the gateway ends what the service does not.
    deadline: Option<Pin<Box<Sleep>>>,
    _upload: Option<Uploading>,
    _permit: Permit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Data,
    Trailers,
    Done,
}

impl Relay {
    pub(crate) fn is_end_stream(&self) -> bool {
        self.phase == Phase::Done || (self.phase == Phase::Data && self.stream.is_end_stream())
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        if self.is_end_stream() { SizeHint::with_exact(0) } else { SizeHint::default() }
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        if self.phase == Phase::Done {
            return Poll::Ready(None);
        }
        if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready()) {
            return self.end(answer::trailers(&late()));
        }
        if self.phase == Phase::Data {
            match ready!(self.stream.poll_data(cx)) {
                Some(Ok(data)) => {
                    // An error here means that the connection is gone, which the next poll tells.
                    let _ = self.stream.flow_control().release_capacity(data.len());
                    return Poll::Ready(Some(Frame::data(data)));
                }
                Some(Err(fault)) => return self.broken(&fault),
                None => self.phase = Phase::Trailers,
            }
        }
        match ready!(self.stream.poll_trailers(cx)) {
            Ok(Some(trailers)) => self.end(trailers),
            Ok(None) => {
                self.phase = Phase::Done;
                Poll::Ready(None)
            }
            Err(fault) => self.broken(&fault),
        }
    }

    /// The service went away in the middle of its answer.
    fn broken(&mut self, fault: &h2::Error) -> Poll<Option<Frame<Bytes>>> {
        tracing::warn!(%fault, "an answer broke off");
        let failure = Failure::new(&reason::SERVICE_DOWN).retry_after(Duration::from_secs(1));
        self.end(answer::trailers(&failure))
    }

    fn end(&mut self, trailers: HeaderMap) -> Poll<Option<Frame<Bytes>>> {
        self.phase = Phase::Done;
        Poll::Ready(Some(Frame::trailers(trailers)))
    }
}
