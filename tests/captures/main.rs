//! What a real oauth2-proxy sent, byte for byte over TCP, with each built-in resolver: who signs in, who is refused, and why.
//!
//! README.md says where the recordings come from.

#[path = "../conformance/server.rs"]
mod server;
#[path = "../conformance/wire.rs"]
mod wire;

mod large;
mod recorded;
mod tokens;

use std::fmt::Write;

use recorded::{Recorded, recorded};
use serde_json::Value;
use server::Server;
use stagedoor::domain::query::UserQuery;
use wire::{WireAnswer, exchange};

/// The resolvers with the settings that are safe for them.
const RESOLVERS: [(&str, &str); 4] = [
    ("user", "resolver: forwardedUserMatchingUserEntityName"),
    ("preferred-username", "resolver: forwardedPreferredUsernameMatchingUserEntityName"),
    ("email", "resolver: emailMatchingUserEntityProfileEmail"),
    ("local-part", "resolver: emailLocalPartMatchingUserEntityName, allowedDomains: [example.com, exämple.com]"),
];

/// Set-ups that let a client's own header through, and what closes them. No server behind such a proxy can tell the difference.
const OPEN_SET_UPS: [(&str, &str); 2] = [
    (
        "nginx-names/copies-without-id-token",
        "nginx must set (or clear) each x-forwarded-… identity header that it passes on: proxy_set_header X-Forwarded-User $user",
    ),
    (
        "prefer-email/copies",
        "oauth2-proxy --prefer-email-to-user leaves x-forwarded-email to the client: do without it, or strip the header in front",
    ),
];

const CHAIN_EXHAUSTED: &str = "Failed to sign-in, unable to resolve user identity.";

fn config(resolver: &str) -> String {
    let catalog = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/catalog.yaml");
    format!(
        "auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ {resolver} }}] }} }} }} }}\n\
         catalog: {{ locations: [{{ type: file, target: {catalog:?} }}] }}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_whom_the_proxy_let_in_is_signed_in() {
    let cases = recorded();
    let (mut signed_in, mut spoofed, mut holes) = (0, Vec::new(), String::new());
    for (resolver, settings) in RESOLVERS {
        let server = Server::start(|_| config(settings)).await;
        assert!(server.app.wired.catalog.users() > 10, "the people are there");
        let mut table = String::new();
        for case in &cases {
            let answer = exchange(server.address, &case.bytes).await.unwrap_or_else(|error| panic!("{}: {error}", case.id));
            let outcome = Outcome::of(&answer);
            signed_in += usize::from(outcome.user.is_some());
            let truth = case.truth.as_deref().unwrap_or("nobody");
            let _ = write!(table, "{:<36} {truth:<10} {}", case.id, outcome.text);
            if outcome.is_hole(case, &server) {
                match OPEN_SET_UPS.iter().find(|(id, _)| *id == case.id) {
                    Some((id, closed_by)) => {
                        let _ = write!(table, "\n{:<36} {:<10} LET IN BY ITS OWN SET-UP: {closed_by}", "", "");
                        spoofed.push(*id);
                    }
                    None => {
                        let _ = writeln!(holes, "{resolver}, {}: the proxy had let in {truth}, but: {}", case.id, outcome.text);
                    }
                }
            }
            table.push('\n');
        }
        insta::assert_snapshot!(format!("recorded_with_{resolver}"), table);
    }
    println!("{} recorded requests, each with {} resolvers: {signed_in} sign-ins", cases.len(), RESOLVERS.len());
    assert!(holes.is_empty(), "{holes}");
    spoofed.dedup();
    assert!(OPEN_SET_UPS.iter().all(|(id, _)| spoofed.contains(id)), "an exception that is not needed: {spoofed:?}");
    assert!(signed_in > cases.len(), "most people do sign in");
}

/// What an answer means.
struct Outcome {
    user: Option<String>,
    text: String,
}

impl Outcome {
    fn of(answer: &WireAnswer) -> Self {
        let body: Value = serde_json::from_slice(&answer.content()).unwrap_or_default();
        let at = |pointer| body.pointer(pointer).and_then(Value::as_str);
        let user = at("/backstageIdentity/identity/userEntityRef").map(str::to_owned);
        assert_eq!(user.is_some(), at("/backstageIdentity/token").is_some(), "an identity has a token, and no token is without one");
        let names_decision = answer.headers.iter().any(|(name, _)| name == "stagedoor-decision");
        assert!(user.is_none() || names_decision, "a sign-in names its decision");
        let message = at("/error/message").map(|message| if message.starts_with(CHAIN_EXHAUSTED) { CHAIN_EXHAUSTED } else { message });
        let text = match (&user, at("/error/name")) {
            (Some(user), _) => format!("signed in as {user}"),
            (None, Some(name)) => format!("refused: {} {name}: {}", answer.status, message.unwrap_or_default()),
            (None, None) => format!("no sign-in: {}", answer.status),
        };
        Self { user, text }
    }

    /// Whether somebody came in whom the proxy had not let in.
    fn is_hole(&self, case: &Recorded, server: &Server) -> bool {
        let Some(user) = &self.user else { return false };
        let somebody = person(server, user);
        // Their names differ in case only, which the catalog does not tell apart.
        let is_upper = case.truth.as_deref() == Some("upper") && somebody == "jane";
        case.truth.as_ref() != Some(&somebody) && !is_upper
    }
}

/// Whose entity that is, as catalog.mjs noted it down.
fn person(server: &Server, user: &str) -> String {
    let name = user.strip_prefix("user:default/").expect("a user of the default namespace");
    let query = UserQuery::entity_ref("user", "default", name).expect("a name");
    let user = server.app.wired.catalog.files().expect("a catalog in files").find(&query).expect("one entity").expect("an entity of the catalog");
    user.annotation("example.com/person").expect("an annotation").to_owned()
}
