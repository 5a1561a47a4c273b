//! The command line: types only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const AFTER_HELP: &str = "\
Examples:
  stagedoor serve --config config/app-config.yaml
  stagedoor check --config app-config.yaml --config app-config.production.yaml
  stagedoor try --config app-config.yaml --header 'x-forwarded-user: alice'
  stagedoor try --config app-config.yaml --header 'x-forwarded-user: alice' --resolver corpUser=target/corp_user.wasm
  stagedoor serve --config app-config.yaml --as alice
  stagedoor resolver test target/corp_user.wasm --cases corp_user.cases.yaml

Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 69 address in use, 78 wrong configuration or component.";

/// The door to Backstage: a proxied sign-in, decided by sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "stagedoor", version, after_help = AFTER_HELP, max_term_width = 120)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the sign-in endpoint until SIGTERM or SIGINT.
    Serve(ServeArguments),
    /// Run every check that `serve` runs before it opens its port.
    Check(ConfigArguments),
    /// Run one sign-in in this process and show who decided, why, and the decoded token.
    Try(TryArguments),
    /// Help with writing resolvers.
    #[command(subcommand)]
    Resolver(ResolverCommand),
    /// Print the JSON Schema of the configuration, for editors.
    Schema(SchemaArguments),
    /// Compile a component from stdin to stdout: the child process of `serve`, `check` and `try`.
    #[command(hide = true)]
    Compile,
}

/// Where the configuration is.
#[derive(Debug, Clone, Args)]
pub struct ConfigArguments {
    /// A configuration file; may be given several times, later ones win. Without any: app-config.yaml and its companions, as in Backstage.
    #[arg(long = "config", value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArguments {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// For local development without a proxy: every request is this user's. Refused on other than loopback addresses and with `NODE_ENV=production`.
    #[arg(long = "as", value_name = "NAME")]
    pub developer: Option<String>,
}

/// `try`.
#[derive(Debug, Clone, Args)]
pub struct TryArguments {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// A request header, as the proxy would send it; may be given several times.
    #[arg(long = "header", value_name = "'NAME: VALUE'", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Use this file as the component of that name. A component that the configuration does not list gets every power denied.
    #[arg(long = "resolver", value_name = "NAME=FILE", value_parser = resolver)]
    pub resolvers: Vec<(String, PathBuf)>,
}

/// `resolver`.
#[derive(Debug, Clone, Subcommand)]
pub enum ResolverCommand {
    /// Run sign-ins whose outcome is known, as case files describe them, through the whole sign-in.
    Test(TestArguments),
}

/// `resolver test`.
#[derive(Debug, Clone, Args)]
pub struct TestArguments {
    /// The component. Without it: every component of the configuration that has cases.
    #[arg(value_name = "COMPONENT.wasm")]
    pub component: Option<PathBuf>,
    /// A case file; may be given several times. Without any: the one beside the component, COMPONENT.cases.yaml.
    #[arg(long = "cases", value_name = "FILE", requires = "component")]
    pub cases: Vec<PathBuf>,
    /// A configuration file; may be given several times. Settings and grants that a case does not state are those that it has for the component.
    #[arg(long = "config", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only the cases with this in their name.
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `schema`.
#[derive(Debug, Clone, Args)]
pub struct SchemaArguments {
    /// That of case files instead.
    #[arg(long)]
    pub cases: bool,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected 'name: value'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn resolver(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty()).ok_or("expected NAME=FILE")?;
    Ok((name.to_owned(), path.into()))
}
