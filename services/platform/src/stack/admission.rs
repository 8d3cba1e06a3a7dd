//! Who is calling, whether they may call this method, and at which time. Ends with the [`Call`] in the request.

use std::sync::Arc;

use canopy_kernel::{Actor, Clock, Failure, Role, reason};
use jiff::Timestamp;

use super::deadline::Deadline;
use super::trace::Traceparent;
use super::{Next, Request, Response, Shared};
use crate::call::{Admitted, Call};
use crate::metadata::ASSERTION;
use crate::status::to_http;

/// What the assertion says.
#[derive(Clone)]
struct Caller {
    actor: Actor,
    business_time: Option<Timestamp>,
}

pub(super) async fn verify_assertion(stack: Arc<Shared>, mut request: Request, next: Next) -> Response {
    let token = request.headers().get(ASSERTION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match stack.issuers.verify(token, &stack.audience, Clock::System.now()) {
        Ok((actor, business_time)) => {
            tracing::Span::current().record("enduser.agency", &actor.agency);
            request.extensions_mut().insert(Caller { actor, business_time });
            next.call(request).await
        }
        Err(failure) => {
            // Never the caller's fault alone: a key, a clock or somebody inside the network.
            tracing::warn!(reason = failure.reason().name, failure = %failure, "assertion refused");
            to_http(&failure)
        }
    }
}

pub(super) async fn gate_roles(stack: Arc<Shared>, mut request: Request, next: Next) -> Response {
    match admit(&stack, &mut request) {
        Ok(call) => {
            request.extensions_mut().insert(call);
            next.call(request).await
        }
        Err(failure) => to_http(&failure),
    }
}

pub(super) async fn refuse_business_time(stack: Arc<Shared>, request: Request, next: Next) -> Response {
    let asked = request.extensions().get::<Call>().and_then(Call::business_time);
    match asked {
        Some(_) if !stack.tryout => to_http(&Failure::new(&reason::BUSINESS_TIME_REFUSED)),
        _ => next.call(request).await,
    }
}

fn admit(stack: &Shared, request: &mut Request) -> Result<Call, Failure> {
    let path = request.uri().path();
    let rule = stack.table.get(path).cloned();
    let rule = rule.ok_or_else(|| Failure::new(&reason::METHOD_UNKNOWN).with("method", path))?;
    let extensions = request.extensions_mut();
    let caller = extensions.remove::<Caller>().ok_or_else(|| Failure::new(&reason::ASSERTION_MISSING))?;
    if !rule.roles.iter().any(|role| caller.actor.has(*role)) {
        let roles: Vec<&str> = rule.roles.iter().copied().map(Role::as_str).collect();
        return Err(Failure::new(&reason::ROLE_NOT_ALLOWED).with("roles", roles.join(", ")));
    }
    Ok(Call::admitted(Admitted {
        actor: caller.actor,
        rule,
        business_time: caller.business_time,
        deadline: extensions.get::<Deadline>().map(|deadline| deadline.0),
        traceparent: extensions.remove::<Traceparent>().map(|traceparent| traceparent.0),
    }))
}
