//! Case files, natively: what `stagedoor resolver test` runs through a whole server, `cargo test` runs through the function alone.

mod compare;
mod context;
mod entities;
mod file;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use serde_json::Value;

use super::{Answer, FakeContext};
use crate::{Context, EntityRef, Error, Identity, Profile, User, UserQuery};

use file::{Case, Kind};

/// Runs every case of a file, which is looked for in the directory of the crate, against the resolver.
///
/// Cases about the door, which have an `error.code` that only a server gives, and those about a chain of `resolvers` are left to `stagedoor resolver test`; so is the clock, since a native
/// resolver reads that of the machine.
///
/// ```no_run
/// # use resolver_sdk::{Context, Error, Identity, UserQuery};
/// # fn resolve(ctx: &impl Context, settings: ()) -> Result<Identity, Error> { ctx.sign_in_with_catalog_user(UserQuery::name("alice")) }
/// #[test]
/// fn every_case_holds() {
///     resolver_sdk::testing::cases("corp-user.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
/// }
/// # use resolver_sdk::testing::FakeContext;
/// ```
///
/// # Panics
/// If the file cannot be read, or a case does not hold: with everything that is different, of all cases.
pub fn cases(file: impl AsRef<Path>, resolve: impl Fn(&FakeContext) -> Result<Identity, Error>) {
    run(Kind::Resolver, file.as_ref(), |ctx| resolve(ctx).map(|identity| ctx.answer(&identity)));
}

/// The same for a profile component (`as: profile`): what is expected of `profile` and `error` is looked at, since a function alone signs nobody in.
///
/// # Panics
/// As [`cases`].
pub fn profile_cases(file: impl AsRef<Path>, profile: impl Fn(&FakeContext) -> Result<Profile, Error>) {
    run(Kind::Profile, file.as_ref(), |ctx| profile(ctx).map(|profile| Answer { profile, ..nobody() }));
}

/// The same for an ownership component (`as: ownership`), for the user whose name is in x-forwarded-user: what is expected of `user`, `ownership` and `error` is
/// looked at.
///
/// # Panics
/// As [`cases`].
pub fn ownership_cases(file: impl AsRef<Path>, owned: impl Fn(&FakeContext, &User) -> Result<Vec<EntityRef>, Error>) {
    run(Kind::Ownership, file.as_ref(), |ctx| {
        let user = ctx.find_user(UserQuery::name(ctx.required_header("x-forwarded-user", "Request did not contain a user")?))?;
        let ownership_entity_refs = owned(ctx, &user)?.iter().map(ToString::to_string).collect();
        Ok(Answer { user_entity_ref: user.entity_ref().to_string(), ownership_entity_refs, ..nobody() })
    });
}

fn nobody() -> Answer {
    Answer { user_entity_ref: String::new(), ownership_entity_refs: Vec::new(), claims: Value::Null, profile: Profile::default() }
}

fn run(kind: Kind, path: &Path, ask: impl Fn(&FakeContext) -> Result<Answer, Error>) {
    let mut cases = file::read_as(kind, path);
    for case in &mut cases {
        case.expected.leave(kind);
    }
    let mut failures = Vec::new();
    for case in &cases {
        match outcome(case, &ask) {
            Outcome::Held => println!("ok      {}", case.name),
            Outcome::ForTheServer => println!("server  {}: only a server can show this", case.name),
            Outcome::Failed(differences) => failures.push(format!("FAILED  {}\n{}", case.name, indented(&differences))),
        }
    }
    let (failed, all, file) = (failures.len(), cases.len(), path.display());
    assert!(failures.is_empty(), "{failed} of the {all} cases of {file} do not hold:\n{}", failures.join("\n"));
}

impl FakeContext {
    /// The request and the world of one case, for a test that looks at more than the outcome.
    ///
    /// # Panics
    /// If the file cannot be read, or has no case of that name.
    pub fn from_case(file: impl AsRef<Path>, name: &str) -> Self {
        let (path, (_, cases)) = (file.as_ref(), file::read(file.as_ref()));
        let case = cases.iter().find(|case| case.name == name);
        let case = case.unwrap_or_else(|| panic!("{} has no case {name:?}", path.display()));
        context::of(&case.given).unwrap_or_else(|error| panic!("in the case {name:?} nobody is asked: {error}"))
    }
}

enum Outcome {
    Held,
    /// Nothing that a function can show.
    ForTheServer,
    Failed(String),
}

fn outcome(case: &Case, ask: &impl Fn(&FakeContext) -> Result<Answer, Error>) -> Outcome {
    if case.expected.is_for_the_server() || !case.given.resolvers.is_empty() {
        return Outcome::ForTheServer;
    }
    // A panic is what the fake does where the host would end a component.
    let differences = catch_unwind(AssertUnwindSafe(|| {
        // An ID token that does not verify ends a sign-in before anybody is asked.
        let ctx = match context::of(&case.given) {
            Ok(ctx) => ctx,
            Err(error) => return compare::differences(&case.expected, &Err(error)),
        };
        let answer = ask(&ctx);
        let mut differences = compare::differences(&case.expected, &answer);
        differences.extend(context::wrong_credentials(&case.given, &ctx));
        differences
    }));
    let differences = differences.unwrap_or_else(|panic| vec![format!("it panicked: {}", message(&*panic))]);
    if differences.is_empty() { Outcome::Held } else { Outcome::Failed(differences.join("\n")) }
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n")
}
