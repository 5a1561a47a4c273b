//! `stagedoor resolver test`: the cases of a component, or of every configured one.

mod shown;

use std::path::{Path, PathBuf};

use crate::{
    cases::{CaseFile, Rehearsal, Report},
    cli::{ConfigArguments, TestArguments},
    commands::{self, CommandError},
    config::{ComponentConfig, Config, ConfigErrors},
    serve::{self, StartError, WireOptions},
};

/// Runs them. A case that does not pass ends with exit code 1.
pub async fn run(arguments: TestArguments) -> Result<(), CommandError> {
    let (config, plan) = plan(&arguments)?;
    let options = WireOptions::for_this_binary().map_err(anyhow::Error::from)?;
    let rehearsal = serve::rehearsal(config, options.compiler)?;
    let mut reports = Vec::new();
    for (component, file) in &plan {
        reports.push(rehearse(&rehearsal, component, file).await?);
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&reports).map_err(anyhow::Error::from)?);
    } else {
        print!("{}", shown::text(&reports));
    }
    if reports.iter().all(|report| report.failed() == 0) { Ok(()) } else { Err(CommandError::Refused) }
}

async fn rehearse(rehearsal: &Rehearsal, component: &str, file: &CaseFile) -> Result<Report, CommandError> {
    Ok(rehearsal.run(component, file).await.map_err(StartError::Stage)?)
}

/// Which case files are run about which component, and in which configuration.
fn plan(arguments: &TestArguments) -> Result<(Config, Vec<(String, CaseFile)>), CommandError> {
    let (config, files) = match &arguments.component {
        Some(component) => of_component(component, arguments)?,
        None => of_config(arguments)?,
    };
    let mut plan = Vec::new();
    let mut faults = Vec::new();
    for (name, path) in files {
        match CaseFile::read(&path) {
            Ok(file) => plan.push((name, file)),
            Err(errors) => faults.extend(errors.0),
        }
    }
    if !faults.is_empty() {
        return Err(StartError::Config(ConfigErrors(faults)).into());
    }
    if let Some(filter) = &arguments.filter {
        for (_, file) in &mut plan {
            file.keep(filter);
        }
        plan.retain(|(_, file)| !file.cases.is_empty());
        if plan.is_empty() {
            return Err(CommandError::Usage(format!("--filter: no case has {filter:?} in its name")));
        }
    }
    Ok((config, plan))
}

type Files = Vec<(String, PathBuf)>;

/// One component, whether or not it is configured.
fn of_component(source: &Path, arguments: &TestArguments) -> Result<(Config, Files), CommandError> {
    let beside = CaseFile::beside(source);
    let files = match &arguments.cases[..] {
        [] if beside.exists() => vec![beside],
        [] => return Err(CommandError::Usage(format!("there is no {}: name the case file with --cases", beside.display()))),
        named => named.to_vec(),
    };
    let stem = source.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let alone = Config::of_component(&stem, source, &files[0]).map_err(StartError::Config)?;
    let (config, name) = if arguments.files.is_empty() {
        (alone, stem)
    } else {
        let config = load(arguments)?;
        let name = configured_name(&config, source).unwrap_or(stem);
        (with_source(config, &name, alone), name)
    };
    Ok((config, files.into_iter().map(|file| (name.clone(), file)).collect()))
}

/// The configured component whose file this is.
fn configured_name(config: &Config, source: &Path) -> Option<String> {
    let source = source.canonicalize().ok()?;
    let same = |component: &ComponentConfig| component.source.canonicalize().is_ok_and(|configured| configured == source);
    config.stagedoor.components.iter().find(|(_, component)| same(component)).map(|(name, _)| name.clone())
}

/// The configuration in which the component of this name has that source; its grants are the configured ones.
fn with_source(mut config: Config, name: &str, alone: Config) -> Config {
    for (_, unlisted) in alone.stagedoor.components {
        let source = unlisted.source.clone();
        let component = config.stagedoor.components.entry(name.to_owned()).or_insert(unlisted);
        (component.source, component.digest) = (source, None);
    }
    config
}

/// Every configured component that has cases.
fn of_config(arguments: &TestArguments) -> Result<(Config, Files), CommandError> {
    let config = load(arguments)?;
    let files =
        |(name, component): (&String, &ComponentConfig)| component.case_files().into_iter().map(|file| (name.clone(), file)).collect::<Vec<_>>();
    let files: Files = config.stagedoor.components.iter().flat_map(files).collect();
    if files.is_empty() {
        let message = "no component of the configuration has cases: name them in stagedoor.components.<name>.cases, or put them beside the component";
        return Err(CommandError::Usage(message.into()));
    }
    Ok((config, files))
}

fn load(arguments: &TestArguments) -> Result<Config, CommandError> {
    let config = commands::load(ConfigArguments { files: arguments.files.clone() })?;
    commands::warn(&config.warnings);
    Ok(config)
}
