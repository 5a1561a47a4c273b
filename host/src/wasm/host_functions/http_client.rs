//! The power `http-client`: one request at a time to where the operator allows, within the calls, the bytes and the time of the sign-in.

use std::sync::{Arc, atomic::Ordering};

use crate::{
    domain::{
        decision::{HttpCall, HttpOutcome},
        destination::Beyond,
        error::{Blame, ErrorName, SignInError},
        grant::{HttpBounds, Power},
    },
    ports::{
        http_client::{OutOfBounds, OutboundAnswer, OutboundCall, OutboundError, OutboundRequest, SenselessRequest},
        resolver::SignInRequest,
    },
    wasm::{
        bindings::stagedoor::resolver::{http_client, types},
        blame::Interrupt,
        store::{Permissions, State},
    },
};

/// In the place of a host that holds what the guest was shown.
const HIDDEN: &str = "***";

impl http_client::Host for State {
    async fn send_request(&mut self, request: http_client::HttpRequest) -> wasmtime::Result<Result<http_client::HttpResponse, types::SignInError>> {
        Ok(match self.answer_to(request).await? {
            Ok(OutboundAnswer { status, headers, body }) => Ok(http_client::HttpResponse { status, headers, body }),
            Err(error) => Err(self.tell(error)),
        })
    }
}

impl State {
    async fn answer_to(&mut self, request: http_client::HttpRequest) -> wasmtime::Result<Result<OutboundAnswer, SignInError>> {
        let (permissions, sign_in) = (Arc::clone(&self.permissions), Arc::clone(&self.request));
        let bounds = match permissions.gate.http_client(&mut self.attempt) {
            Ok(bounds) => bounds,
            Err(refused) => return Ok(Err(refused)),
        };
        let budget = permissions.budget.http_calls;
        if sign_in.spent.http_calls.fetch_add(1, Ordering::Relaxed) >= budget {
            return Err(Interrupt::HttpCalls(budget).into());
        }
        let http_client::HttpRequest { method, url, headers, body, credential } = request;
        let request = match OutboundRequest::new(&method, &url, headers, body, credential) {
            Ok(request) => request,
            Err(senseless) => {
                self.note("-", HttpOutcome::Refused);
                return Ok(Err(self.senseless(senseless)));
            }
        };
        if let Err(rule) = request.check(bounds) {
            // In the parsed one a host is in lower case, where what was shown would not be found.
            let is_shown = self.revealed.masked(&url) != url;
            self.note(if is_shown { HIDDEN } else { request.url.host() }, HttpOutcome::Refused);
            let rule = self.quoted(rule, is_shown);
            return Ok(Err(permissions.gate.out_of_bounds(Power::HttpClient, &rule, &mut self.attempt)));
        }
        // Where it is allowed it is a host of the config, whoever wrote it.
        let host = request.url.host().to_owned();
        let result = sent(request, bounds, &permissions, &sign_in).await;
        self.note(&host, outcome(&result));
        Ok(match result? {
            Ok(answer) => {
                sign_in.spent.http_bytes.fetch_add(bytes(&answer), Ordering::Relaxed);
                Ok(answer)
            }
            Err(OutboundError::OutOfBounds(rule)) => Err(permissions.gate.out_of_bounds(Power::HttpClient, &rule, &mut self.attempt)),
            Err(OutboundError::Failed(error)) => Err(error),
        })
    }

    /// Which rule it breaks. A header's name is the guest's own word.
    fn senseless(&self, senseless: SenselessRequest) -> SignInError {
        let rule = match senseless {
            SenselessRequest::Header(name) => SenselessRequest::Header(self.revealed.in_short(&name)),
            rule @ SenselessRequest::Rule(_) => rule,
        };
        let error = SignInError::new(ErrorName::Input, format!("The resolver made a request that makes no sense: {rule}"));
        SignInError { blame: Blame::Guest, ..error }
    }

    /// The rule, in which names, methods and places are the guest's own words. The place is hidden where its URL holds something that it was shown.
    fn quoted(&self, rule: OutOfBounds, is_shown: bool) -> String {
        let place = |place: String| if is_shown { HIDDEN.to_owned() } else { self.revealed.in_short(&place) };
        let rule = match rule {
            OutOfBounds::Credential(name) => OutOfBounds::Credential(self.revealed.in_short(&name)),
            OutOfBounds::Destination(Beyond::Place(at)) => Beyond::Place(place(at)).into(),
            OutOfBounds::Destination(Beyond::Method { method, place }) => Beyond::Method { method: self.revealed.in_short(&method), place }.into(),
            // That is one of the config.
            OutOfBounds::Destination(rule @ Beyond::Path(_)) => rule.into(),
        };
        rule.to_string()
    }

    fn note(&mut self, host: &str, outcome: HttpOutcome) {
        self.attempt.http_calls.push(HttpCall { host: host.to_owned(), outcome });
    }
}

/// Sends it within what is left of the sign-in's bytes and time.
async fn sent(
    request: OutboundRequest,
    bounds: &HttpBounds,
    permissions: &Permissions,
    sign_in: &SignInRequest,
) -> Result<Result<OutboundAnswer, OutboundError>, Interrupt> {
    let max_bytes = permissions.budget.host_call_bytes.saturating_sub(sign_in.spent.http_bytes.load(Ordering::Relaxed));
    let call = OutboundCall { bounds, tokens: &sign_in.sensitive, max_bytes };
    let sent = permissions.ports.http.send(request, call);
    tokio::time::timeout_at(sign_in.deadline.into(), sent).await.map_err(|_| Interrupt::HttpDeadline)
}

fn outcome(result: &Result<Result<OutboundAnswer, OutboundError>, Interrupt>) -> HttpOutcome {
    match result {
        Ok(Ok(answer)) => HttpOutcome::Answered(answer.status),
        Ok(Err(OutboundError::OutOfBounds(_))) => HttpOutcome::Refused,
        Ok(Err(OutboundError::Failed(_))) | Err(_) => HttpOutcome::Failed,
    }
}

/// What an answer takes of the budget.
fn bytes(answer: &OutboundAnswer) -> usize {
    answer.body.len() + answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
}
