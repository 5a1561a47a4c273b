//! `stagedoor check`: every check of the start, without a port.

use std::fmt::Write;

use crate::{
    cases::CaseFile,
    cli::ConfigArguments,
    config::{Config, ConfigErrors},
    serve::{self, StartError, WireOptions},
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
    super::warn(wired.database_warning().await.as_slice());
    let cases = cases(&wired.config)?;
    print!("{}{cases}", serve::summary(&wired, &staged));
    println!("ok");
    Ok(())
}

/// How many cases each component has. They are read and not run: `stagedoor resolver test` does that.
fn cases(config: &Config) -> Result<String, CommandError> {
    let (mut text, mut faults) = (String::new(), Vec::new());
    for (name, component) in &config.stagedoor.components {
        for file in component.case_files() {
            match CaseFile::read(&file) {
                Ok(read) => {
                    let label = if text.is_empty() { "cases" } else { "" };
                    let _ = writeln!(text, "  {label:<10} {} of {name} in {}", read.cases.len(), file.display());
                }
                Err(errors) => faults.extend(errors.0),
            }
        }
    }
    if faults.is_empty() { Ok(text) } else { Err(StartError::Config(ConfigErrors(faults)).into()) }
}
