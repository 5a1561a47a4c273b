//! `stagedoor check`: every check of the start, without a port.

use crate::{
    cli::ConfigArguments,
    serve::{self, WireOptions},
};

use super::CommandError;

/// Loads the configuration, the catalog and every component, and says what would run.
pub async fn run(arguments: ConfigArguments) -> Result<(), CommandError> {
    let config = super::load(arguments)?;
    super::warn(&config.warnings);
    if let Some(warning) = serve::acceptor(&config.backend)?.and_then(|tls| tls.warning) {
        super::warn(&[format!("backend.https.certificate.cert: {warning}")]);
    }
    let mut options = WireOptions::for_this_binary().map_err(anyhow::Error::from)?;
    options.in_memory = true;
    let wired = serve::wire(config, options).await?;
    let staged = wired.stage().await?;
    super::warn(&wired.warnings(&staged));
    // Either may be away just now, or not reachable from here.
    super::warn(wired.probe_catalog().await.as_slice());
    super::warn(&wired.probe_tokens().await);
    super::warn(wired.database_warning().await.as_slice());
    print!("{}", serve::summary(&wired, &staged));
    println!("ok");
    Ok(())
}
