//! A defect in this server costs one request: it is recorded as ours, and the client gets Backstage's body.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::Method;
use stagedoor::{
    domain::{
        claims::Claims,
        decision::{Decision, Outcome},
        entity_ref::EntityRef,
        error::{Blame, SignInError},
        grant::Grants,
    },
    generation::{snapshot::Snapshot, stage::Staged},
    http::state::AppState,
    ports::{
        BoxFuture,
        decision_log::DecisionLog,
        resolver::{Resolution, Resolver, SignInRequest},
        token_issuer::{IssuedToken, TokenIssuer, TokenRefused, UserToken},
    },
    sign_in::{SignIn, SignInPorts},
};
use stagedoor_tests::App;

use crate::REFRESH;

/// A resolver and an issuer with a defect.
struct Panics(Grants);

impl Resolver for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn grants(&self) -> &Grants {
        &self.0
    }

    fn resolve<'a>(&'a self, _: &'a Arc<SignInRequest>) -> BoxFuture<'a, Resolution> {
        Box::pin(async {
            tokio::task::yield_now().await;
            panic!("index {} out of bounds", 7)
        })
    }
}

impl TokenIssuer for Panics {
    fn issue<'a>(&'a self, _: &'a EntityRef, _: &'a [EntityRef], _: &'a Claims) -> BoxFuture<'a, Result<IssuedToken, SignInError>> {
        panic!("no key")
    }

    fn key_set(&self) -> BoxFuture<'_, String> {
        panic!("no key")
    }

    fn verify<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<UserToken, TokenRefused>> {
        panic!("no key")
    }
}

/// Keeps outcome, blame and cause.
#[derive(Default)]
struct Kept(Mutex<Vec<(String, Option<Blame>, String)>>);

impl DecisionLog for Kept {
    fn record(&self, decision: &Decision) {
        let (outcome, cause) = match &decision.outcome {
            Outcome::SignedIn { user, .. } => (user.to_string(), None),
            Outcome::Abandoned => ("abandoned".to_owned(), None),
            Outcome::Refused(error) => (error.to_string(), error.cause.clone()),
        };
        self.0.lock().unwrap().push((outcome, decision.outcome.blame(), cause.unwrap_or_default()));
    }
}

/// The server whose resolver and key set panic.
async fn broken() -> (App, Arc<Kept>) {
    let mut app =
        App::start("auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }").await;
    let (kept, wired) = (Arc::new(Kept::default()), &app.wired.ports);
    let ports = SignInPorts {
        proxy: Arc::clone(&wired.proxy),
        permits: Arc::clone(&wired.permits),
        claims: Arc::clone(&wired.claims),
        tables: Arc::clone(&wired.tables),
        issuer: Arc::clone(&wired.issuer),
        user_info: Arc::clone(&wired.user_info),
        decisions: Arc::clone(&kept) as Arc<dyn DecisionLog>,
        clock: Arc::clone(&wired.clock),
        random: Arc::clone(&wired.random),
    };
    let panics = Arc::new(Panics(Grants::deny_all()));
    let resolvers = vec![Arc::clone(&panics) as Arc<dyn Resolver>];
    let staged = app.wired.snapshot(Staged::default());
    let sign_in = SignIn { ports: Arc::new(ports), resolvers, ..staged.sign_in };
    let snapshot = Snapshot { sign_in, issuer: panics, ..staged };
    let state = AppState::starting("http://x".to_owned(), Duration::ZERO);
    state.start(snapshot);
    app.router = stagedoor::http::router(state, stagedoor::serve::surroundings(&app.wired.config.backend));
    (app, kept)
}

#[tokio::test]
async fn a_panic_during_a_sign_in_is_recorded_as_ours() {
    let (app, kept) = broken().await;
    for _ in 0..2 {
        let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
        let expected = r#"{"error":{"name":"Error","message":"Internal server error"},"request":{"method":"GET","url":"/oauth2Proxy/refresh"},"response":{"statusCode":500}}"#;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (500, expected));
        assert_eq!((&answer.headers["cache-control"], answer.headers["stagedoor-decision"].len()), (&"no-store".parse().unwrap(), 32));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
    let cause = "a defect in this server: it panicked: index 7 out of bounds".to_owned();
    let record = ("Error: Internal server error".to_owned(), Some(Blame::Host), cause);
    assert_eq!(*kept.0.lock().unwrap(), [record.clone(), record], "one record each");
}

#[tokio::test]
async fn a_panic_elsewhere_has_backstages_body_too() {
    let (app, kept) = broken().await;
    let answer = app.send(Method::GET, "/api/auth//.well-known/jwks.json?x=1", &[], "127.0.0.1").await;
    let expected = r#"{"error":{"name":"Error","message":"Internal server error"},"request":{"method":"GET","url":"/.well-known/jwks.json?x=1"},"response":{"statusCode":500}}"#;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (500, expected));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers.get("stagedoor-decision").is_none() && kept.0.lock().unwrap().is_empty(), "nothing was decided");
    assert_eq!(app.get(REFRESH, &[]).await.status.as_u16(), 500);
}
