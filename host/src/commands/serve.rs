//! `stagedoor serve`: the server.

use http::HeaderValue;

use crate::{
    cli::ServeArguments,
    domain::query::UserQuery,
    lifecycle,
    serve::{self, Speaker, WireOptions},
};

use super::CommandError;

/// Starts, serves, and drains.
pub async fn run(arguments: ServeArguments) -> Result<(), CommandError> {
    let stop = lifecycle::stop_on_signal().map_err(anyhow::Error::from)?;
    let config = super::load(arguments.config)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let mut options = WireOptions::for_this_binary().map_err(anyhow::Error::from)?;
    let bound = serve::bind(&config).await?;
    if let Some(name) = arguments.developer {
        let loopback = bound.listener.address().is_none_or(|address| address.ip().is_loopback());
        options.speaker = Speaker::Developer(developer(&name, loopback)?);
    }
    // A future that holds every step of a start is large.
    Ok(Box::pin(serve::run(config, options, bound, stop)).await?)
}

/// The name of the developer, where it may be used at all.
fn developer(name: &str, loopback: bool) -> Result<HeaderValue, CommandError> {
    if std::env::var("NODE_ENV").is_ok_and(|environment| environment == "production") {
        return Err(CommandError::Usage("--as signs everybody in as one person: it is refused with NODE_ENV=production".into()));
    }
    if !loopback {
        let message = "--as signs everybody in as one person: it is refused unless stagedoor.listen is a loopback address or a unix socket";
        return Err(CommandError::Usage(message.into()));
    }
    if !matches!(UserQuery::entity_ref("user", "default", name), Ok(UserQuery::EntityRef(_))) {
        return Err(CommandError::Usage("--as: expected the name of a user, such as alice; namespaces and kinds are no part of it".into()));
    }
    HeaderValue::try_from(name).map_err(|_| CommandError::Usage("--as: the name cannot stand in a header".into()))
}
