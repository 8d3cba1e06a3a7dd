//! A call's way through the gateway, as a list.

use canopy_kernel::{Clock, Failure};
use canopy_platform::metadata::{ASSERTION, BUSINESS_TIME};
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Response};
use hyper::body::Incoming;
use tracing::Instrument as _;

use crate::answer::{self, Body};
use crate::caller::{Assertions, Callers};
use crate::deadline::{self, Cap};
use crate::load::Load;
use crate::observe::Observer;
use crate::own::Own;
use crate::relay::{self, Terms, Time};
use crate::route::Routes;
use crate::trace;

/// Everything a call meets on its way.
pub(crate) struct Gate {
    pub(crate) observer: Observer,
    pub(crate) own: Own,
    pub(crate) load: Load,
    pub(crate) routes: Routes,
    pub(crate) callers: Callers,
    pub(crate) assertions: Assertions,
    pub(crate) cap: Cap,
}

impl Gate {
    /// Answers the call, whatever comes of it.
    pub(crate) async fn answer(&self, mut request: Request<Incoming>) -> Response<Body> {
        if Own::serves(request.uri().path()) {
            return self.own.answer(request).await;
        }
        let address = request.uri().path_and_query().cloned();
        let path = address.as_ref().map_or("", PathAndQuery::path);
        let outcome = match self.observer.begin(self.routes.label(path), request.headers_mut()) {
            None => self.pass(request).await,
            Some(observation) => {
                let outcome = self.pass(request).instrument(observation.span.clone()).await;
                observation.end(outcome.as_ref().err());
                outcome
            }
        };
        outcome.unwrap_or_else(|failure| answer::refusal(path, &failure))
    }

    async fn pass(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let now = Clock::System.now();
        // The cheapest refusal first.
        let permit = self.load.enter()?;
        // Where to: a package without a route is not there.
        let method = self.routes.method(request.uri().path())?;
        let headers = request.headers_mut();
        // Who is calling, by the bearer token.
        let caller = self.callers.recognise(headers, now)?;
        // At what time, in a try-out suite.
        let business_time = self.callers.business_time(&caller, headers)?;
        // Whether a role fits; the service decides.
        method.admit(caller.actor())?;
        // How much the calling system uses.
        caller.pay(method.cost)?;
        // By when.
        let time = match method.streaming {
            true => deadline::asked(headers)?.map_or(Time::Unbounded, Time::Stream),
            false => Time::Unary(self.cap.bound(headers)?),
        };
        // In which trace.
        trace::ensure(headers);
        // What the service is told of all this, in place of what only the caller says.
        let assertion = self.assertions.issue(&caller, (method.route, business_time), now)?;
        vouch(headers, assertion);
        let terms = Terms { time, permit };
        let answer = relay::forward(self.routes.backend(method), request, terms).await?;
        Ok(answer.map(Body::Relayed))
    }
}

/// Puts the gateway's word in place of the caller's: token and business time end here, and an
/// assertion from outside is nobody's.
fn vouch(headers: &mut HeaderMap, assertion: HeaderValue) {
    headers.remove(AUTHORIZATION);
    headers.remove(BUSINESS_TIME);
    headers.insert(ASSERTION, assertion);
}
