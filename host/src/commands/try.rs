//! `stagedoor try`: one sign-in in this process, explained.

use std::sync::Arc;

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    cli::TryArguments,
    config::ResolverConfig,
    domain::{
        decision::{Decision, Outcome},
        error::ErrorCode,
        log_text::{log_text, printable},
    },
    ports::{decision_log::DecisionLog, proxy_authenticator::Peer},
    serve::{self, Speaker, WireOptions},
    sign_in::SignedIn,
};

use super::CommandError;

/// Runs the sign-in. A refusal ends with exit code 1.
pub async fn run(arguments: TryArguments) -> Result<(), CommandError> {
    let headers = headers(&arguments.headers)?;
    let mut config = super::load(arguments.config)?;
    super::warn(&config.warnings);
    let mut options = WireOptions::for_this_binary().map_err(anyhow::Error::from)?;
    options.speaker = Speaker::Loopback;
    options.in_memory = true;
    options.decisions = Arc::new(Shown);
    // A name that nobody asks is tried as the only resolver, without settings.
    let asked =
        |name: &str| config.auth.resolvers.iter().chain(&config.stagedoor.profile).chain(&config.stagedoor.ownership).any(|item| item.name == name);
    if let Some((name, _)) = arguments.resolvers.iter().find(|(name, _)| !asked(name)) {
        config.auth.resolvers = vec![ResolverConfig::from_argument(name, "--resolver")];
    }
    options.replaced = arguments.resolvers.into_iter().collect();
    let wired = serve::wire(config, options).await?;
    let staged = wired.stage().await?;
    super::warn(&wired.warnings(&staged));
    let snapshot = wired.snapshot(staged);
    let loopback = Peer::Address(std::net::Ipv4Addr::LOCALHOST.into());
    match snapshot.sign_in.sign_in(loopback, &headers).await {
        (_, Ok(signed_in)) => Ok(show(&signed_in)?),
        (_, Err(_)) => Err(CommandError::Refused),
    }
}

fn headers(fields: &[(String, String)]) -> Result<HeaderMap, CommandError> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let wrong = |what: &str| CommandError::Usage(format!("--header: {name:?} is no {what} of an HTTP header"));
        let field = HeaderName::try_from(name.as_str()).map_err(|_| wrong("name"))?;
        headers.append(field, HeaderValue::try_from(value.as_str()).map_err(|_| wrong("name with a value"))?);
    }
    Ok(headers)
}

/// What the page would get, the token decoded.
fn show(signed_in: &SignedIn) -> anyhow::Result<()> {
    // As they stand in the token: the order of the members is part of the contract.
    let mut segments = signed_in.token.token.split('.').map(|segment| URL_SAFE_NO_PAD.decode(segment));
    let mut decoded = || -> anyhow::Result<String> { Ok(String::from_utf8(segments.next().context("the token has no such segment")??)?) };
    let (header, claims) = (decoded()?, decoded()?);
    // A component may have written it, and JSON escapes most control characters, not all.
    println!("profile    {}", printable(&serde_json::to_string(&signed_in.profile)?));
    println!("owns       {}", signed_in.ownership.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    println!("token      {header}");
    println!("           {claims}");
    Ok(())
}

/// Prints the decision instead of logging it. What a component wrote is shown as in the log.
struct Shown;

impl DecisionLog for Shown {
    fn record(&self, decision: &Decision) {
        for attempt in &decision.attempts {
            println!("{:<10} {attempt}", attempt.kind.word());
        }
        match &decision.outcome {
            Outcome::SignedIn { user, origin, powers } => {
                let by: Vec<_> = std::iter::once(*origin).chain(powers.iter().map(|power| power.name())).collect();
                println!("signed in  {user} ({}, by {})", by.join(" + "), decision.decided_by().map_or("?", |attempt| &*attempt.resolver));
            }
            Outcome::Abandoned => println!("abandoned"),
            Outcome::Refused(error) => {
                let code = error.code.map(ErrorCode::as_str).map_or(String::new(), |code| format!(" [{code}]"));
                println!(
                    "refused    {} {}{code}: {} (blame: {})",
                    error.status(),
                    error.name.as_str(),
                    log_text(&error.message),
                    error.blame.as_str()
                );
                if let Some(cause) = &error.cause {
                    println!("because    {}", log_text(cause));
                }
            }
        }
    }
}
