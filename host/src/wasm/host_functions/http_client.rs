//! The power `http-client`: one request at a time to where the operator allows, within the calls, the bytes and the time of the sign-in.

use std::sync::{Arc, atomic::Ordering};

use crate::{
    domain::{
        decision::{HttpCall, HttpOutcome},
        error::{ErrorName, SignInError},
        grant::Power,
        outbound_url::OutboundUrl,
    },
    ports::http_client::{OutboundAnswer, OutboundCall, OutboundError, OutboundRequest},
    wasm::{
        bindings::stagedoor::resolver::{http_client, types},
        blame::Interrupt,
        store::State,
    },
};

impl http_client::Host for State {
    async fn send_request(&mut self, request: http_client::HttpRequest) -> wasmtime::Result<Result<http_client::HttpResponse, types::SignInError>> {
        let http_client::HttpRequest { method, url, headers, body, credential } = request;
        Ok(match self.request_within_bounds(OutboundRequest { method, url, headers, body, credential }).await? {
            Ok(OutboundAnswer { status, headers, body }) => Ok(http_client::HttpResponse { status, headers, body }),
            Err(error) => Err(self.tell(error)),
        })
    }
}

impl State {
    async fn request_within_bounds(&mut self, request: OutboundRequest) -> wasmtime::Result<Result<OutboundAnswer, SignInError>> {
        let permissions = Arc::clone(&self.permissions);
        let bounds = match permissions.gate.http_client(&mut self.attempt) {
            Ok(bounds) => bounds,
            Err(refused) => return Ok(Err(refused)),
        };
        let (budget, spent) = (permissions.budget, &self.request.spent);
        if spent.http_calls.fetch_add(1, Ordering::Relaxed) >= budget.http_calls {
            return Err(Interrupt::HttpCalls(budget.http_calls).into());
        }
        let max_bytes = budget.host_call_bytes.saturating_sub(spent.http_bytes.load(Ordering::Relaxed));
        let host = OutboundUrl::parse(&request.url).map_or_else(|_| "-".to_owned(), |url| url.host().to_owned());
        let call = OutboundCall { bounds, tokens: &self.request.sensitive, max_bytes };
        let sent = tokio::time::timeout_at(self.request.deadline.into(), permissions.ports.http.send(request, call)).await;
        let outcome = match &sent {
            Ok(Ok(answer)) => HttpOutcome::Answered(answer.status),
            Ok(Err(OutboundError::OutOfBounds(_))) => HttpOutcome::Refused,
            Ok(Err(OutboundError::Failed(error))) if error.name == ErrorName::Input => HttpOutcome::Refused,
            Ok(Err(OutboundError::Failed(_))) | Err(_) => HttpOutcome::Failed,
        };
        self.attempt.http_calls.push(HttpCall { host, outcome });
        let answer = match sent.map_err(|_| Interrupt::HttpDeadline)? {
            Ok(answer) => answer,
            Err(OutboundError::OutOfBounds(what)) => return Ok(Err(permissions.gate.out_of_bounds(Power::HttpClient, &what, &mut self.attempt))),
            Err(OutboundError::Failed(error)) => return Ok(Err(error)),
        };
        self.request.spent.http_bytes.fetch_add(bytes(&answer), Ordering::Relaxed);
        Ok(Ok(answer))
    }
}

/// What an answer takes of the budget.
fn bytes(answer: &OutboundAnswer) -> usize {
    answer.body.len() + answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
}
