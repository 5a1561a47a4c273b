//! What a call of a host function costs on top of the work that it asks for: the ports behind the functions answer at once here.
//!
//! A sign-in with [`CALLS`] calls against one with none, in turn, each a thousand times a round; the difference, by the calls, is one call, the
//! guest's side of it included. Medians of the rounds, in CPU time of this thread. `cargo bench -p stagedoor-tests -- "host functions"`.

use std::{fs, sync::Arc, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use stagedoor::{
    config::{Config, ConfigSources},
    domain::{
        decision::DecisionId,
        entity_ref::EntityRef,
        error::SignInError,
        group::Group,
        group_filter::GroupFilter,
        headers::{Headers, SensitiveHeaders, identity},
        profile::Profile,
        query::UserQuery,
        token_claims::TokenClaims,
        user::User,
    },
    generation::stage::Stage,
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
        claims_verifier::{ClaimsVerifier, TokenBearer},
        component_ports::ComponentPorts,
        http_client::{HttpClient, OutboundAnswer, OutboundCall, OutboundError, OutboundRequest},
        resolver::{Resolver, SignInRequest, Spent},
        tables::{TableSnapshot, Tables},
    },
    wasm::{
        compile::{CompileCache, Compiler},
        engine::Engine,
    },
};
use stagedoor_tests::{guests, state_directory};
use tokio::runtime::Runtime;

use super::door::runtime;

const NAME: &str = "host functions";
/// Calls in one sign-in; many enough to stand out, few enough for every budget.
const CALLS: u32 = 50;
const SIGN_INS: u32 = 1000;
const ROUNDS: usize = 7;

const FUNCTIONS: [&str; 15] = [
    "get-header",
    "get-profile",
    "get-id-token-claims",
    "find-user",
    "look-up",
    "log",
    "annotate",
    "add-ownership",
    "replace-ownership",
    "add-token-claims",
    "get-sensitive-header",
    "get-verified-claims",
    "get-unverified-claims",
    "get-groups",
    "send-request",
];

const CONFIG: &str = r"
auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: calls }] } } } }
stagedoor:
  limits: { catalogLookups: 1000, httpCalls: 1000, timeout: 1 minute, concurrency: 1 }
  tokens: { id: { issuer: x, audience: x, jwks: 'https://idp.example.com/jwks', expiry: ignore } }
  components:
    calls:
      source: SOURCE
      grants:
        add-ownership: &any { kinds: '.*', namespaces: '.*', names: '.*' }
        replace-ownership: *any
        add-token-claims: { claims: groups }
        sensitive-headers: { headers: authorization }
        verified-claims: { tokens: id }
        unverified-claims: { tokens: id }
        groups: grant
        http-client: { destinations: [{ url: 'https://api.example.com/orgs/', methods: GET }], credentials: [] }
";

/// Prints the table, unless the filter is about something else.
pub(super) fn table(filter: Option<&str>) {
    if filter.is_some_and(|filter| !NAME.contains(filter)) {
        return;
    }
    let runtime = runtime();
    let resolver = runtime.block_on(staged());
    println!("{NAME}: µs of CPU that one call takes, the ports behind it answering at once");
    for function in FUNCTIONS {
        let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round(&runtime, &*resolver, function)).collect();
        rounds.sort_unstable();
        println!("  {function:<22} {:.2}", rounds[ROUNDS / 2].as_secs_f64() * 1e6);
    }
}

fn round(runtime: &Runtime, resolver: &dyn Resolver, function: &str) -> Duration {
    let (mut with, mut without) = (Duration::ZERO, Duration::ZERO);
    // In turn, so that whatever else this machine does falls on both.
    for nth in 0..SIGN_INS {
        with += sign_in(runtime, resolver, function, CALLS, nth);
        without += sign_in(runtime, resolver, function, 0, nth);
    }
    with.saturating_sub(without) / (CALLS * SIGN_INS)
}

fn sign_in(runtime: &Runtime, resolver: &dyn Resolver, function: &str, calls: u32, nth: u32) -> Duration {
    let request = request(function, calls, nth);
    let began = cpu();
    let resolution = runtime.block_on(resolver.resolve(&request));
    let took = cpu().saturating_sub(began);
    assert!(resolution.result.is_ok(), "{function}: {:?}", resolution.result);
    took
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
}

fn request(function: &str, calls: u32, nth: u32) -> Arc<SignInRequest> {
    let (mut headers, mut sensitive) = (Headers::default(), Headers::default());
    headers.push(identity::USER, &format!("user-{nth}"));
    headers.push("x-function", function);
    headers.push("x-calls", &calls.to_string());
    sensitive.push("authorization", "Bearer opaque");
    Arc::new(SignInRequest {
        decision: DecisionId(u128::from(nth).to_be_bytes()),
        profile: Profile::from_headers(&headers),
        own_profile: std::sync::OnceLock::new(),
        headers,
        sensitive: SensitiveHeaders(sensitive),
        id_token_claims: Some(claims()),
        tables: AtOnce.current(),
        time: 0,
        deadline: std::time::Instant::now() + Duration::from_mins(1),
        spent: Spent::default(),
    })
}

async fn staged() -> Arc<dyn Resolver> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("app-config.yaml");
    fs::write(&file, CONFIG.replace("SOURCE", &guests::path("calls").display().to_string())).expect("the config can be written");
    let sources = ConfigSources { files: vec![file], directory: directory.path().to_owned(), environment: [].into() };
    let config = Config::load(&sources).unwrap_or_else(|errors| panic!("{errors}"));
    let engine = Arc::new(Engine::new(&config.stagedoor.limits).expect("an engine"));
    let cache = CompileCache::open(&state_directory()).expect("the state directory of all tests");
    let compiler = Arc::new(Compiler::new(std::env::current_exe().expect("a running program has a file"), Some(cache)));
    let ports = ComponentPorts { catalog: Arc::new(AtOnce), claims: Arc::new(AtOnce), tables: Arc::new(AtOnce), http: Arc::new(AtOnce) };
    let stage = Stage { engine, compiler, ports, replaced: [].into() };
    let staged = stage.run(&config).await.unwrap_or_else(|errors| panic!("{}", errors[0]));
    Arc::clone(&staged.resolvers[0].component)
}

/// Everything that host functions ask, with an answer of the usual size.
struct AtOnce;

fn claims() -> TokenClaims {
    TokenClaims::written(r#"{"sub":"a-1","email":"somebody@example.com","groups":["a","b"]}"#)
}

impl Catalog for AtOnce {
    fn find_user<'a>(&'a self, _query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(async {
            let entity_ref = EntityRef::new("user", "default", "somebody").expect("a name");
            let ownership_entity_refs = vec![entity_ref.clone()];
            Ok(Some(Arc::new(User { entity_ref, profile: Profile::default(), annotations: Vec::new(), ownership_entity_refs, json: String::new() })))
        })
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(async {
            let group = |entity_ref: &EntityRef| Group { entity_ref: entity_ref.clone(), display_name: None, parent: None, json: String::new() };
            Ok(refs.iter().map(|entity_ref| Some(Arc::new(group(entity_ref)))).collect())
        })
    }

    fn find_groups<'a>(&'a self, _filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl ClaimsVerifier for AtOnce {
    fn knows(&self, _token: &str) -> bool {
        true
    }

    fn verified<'a>(&'a self, _token: &'a str, _bearer: TokenBearer<'a>) -> BoxFuture<'a, Result<Option<TokenClaims>, SignInError>> {
        Box::pin(async { Ok(Some(claims())) })
    }

    fn unverified(&self, _token: &str, _headers: &SensitiveHeaders) -> Result<Option<TokenClaims>, SignInError> {
        Ok(Some(claims()))
    }
}

impl Tables for AtOnce {
    fn current(&self) -> Arc<dyn TableSnapshot> {
        Arc::new(Self)
    }
}

impl TableSnapshot for AtOnce {
    fn look_up(&self, _table: &str, _key: &str) -> Option<&[String]> {
        static VALUES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| vec!["developer".to_owned()]);
        Some(&VALUES)
    }

    fn revision(&self, _table: &str) -> Option<&str> {
        Some("0")
    }
}

impl HttpClient for AtOnce {
    fn send<'a>(&'a self, _request: OutboundRequest, _call: OutboundCall<'a>) -> BoxFuture<'a, Result<OutboundAnswer, OutboundError>> {
        Box::pin(async { Ok(OutboundAnswer { status: 200, headers: Vec::new(), body: b"{}".to_vec() }) })
    }
}
