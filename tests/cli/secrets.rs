//! Secrets never appear in output, whatever is wrong with the places they stand in.

use stagedoor_tests::stub::{Reply, Stub};

use crate::run::{Ran, Sandbox, config};

const SECRET: &str = "hunter2-c0ffee";

/// Runs every command that reads a configuration in which secrets stand, as values of the wrong type among others.
fn output(config: &str) -> String {
    let sandbox = Sandbox::new(&[("app-config.yaml", config), ("secret.txt", SECRET)]);
    let mut all = String::new();
    for arguments in [&["check"][..], &["serve"], &["try", "--header", "x-forwarded-user: alice"]] {
        let mut command = sandbox.command(arguments);
        command.env("SECRET", SECRET).env("LOG_LEVEL", "trace").env("APP_CONFIG_stagedoor_listen", "127.0.0.1:0");
        command.env("APP_CONFIG_backend_auth_keys", format!(r#"[{{"secret":"{SECRET}"}}]"#));
        let ran = Ran::of(&mut command);
        assert_ne!(ran.code, Some(0), "the configuration is wrong, so that nothing serves: {ran}");
        all.push_str(&ran.to_string());
    }
    all
}

fn assert_hidden(config: &str) {
    let output = output(config);
    assert!(output.contains("error: "), "{output}");
    assert!(!output.contains(SECRET), "{output}");
}

#[test]
fn values_of_the_wrong_type_are_not_shown() {
    assert_hidden(
        "app: { title: '${SECRET}', baseUrl: { $file: ./secret.txt } }\n\
         backend:\n  baseUrl: ['${SECRET}']\n  database: { client: pg, connection: 'postgres://u:${SECRET}@db/x' }\n  auth: { keys: [{ secret: '${SECRET}' }] }\n\
         auth:\n  environment: { x: '${SECRET}' }\n  session: { secret: '${SECRET}' }\n  backstageTokenExpiration: '${SECRET}'\n  omitIdentityTokenOwnershipClaim: '${SECRET}'\n\
         \x20 keyStore: { provider: { x: '${SECRET}' } }\n  providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: { $file: ./secret.txt, x: 1 } }, '${SECRET}'] } } }\n\
         catalog: { locations: [{ type: url, target: 'https://x:${SECRET}@example.com/org.yaml' }, '${SECRET}', { type: file, target: ['${SECRET}'] }] }\n\
         integrations: { github: [{ host: github.com, token: '${SECRET}' }] }\n\
         stagedoor:\n  stateDir: ['${SECRET}']\n  token: '${SECRET}'\n  limits: { timeout: '${SECRET}', memory: '${SECRET}', concurrency: '${SECRET}' }\n\
         \x20 components: { mine: { source: ['${SECRET}'], digest: ['${SECRET}'], grants: ['${SECRET}'] }, other: '${SECRET}' }\n  trust: { dangerouslyTrustAllPeers: '${SECRET}' }\n",
    );
}

#[test]
fn a_section_that_is_a_secret_is_not_shown() {
    for section in ["app", "auth", "backend", "catalog", "stagedoor", "discovery"] {
        let all = "auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: noSuch }] } } } }\n";
        let others = if section == "auth" { "" } else { all };
        assert_hidden(&format!("{others}{section}: '${{SECRET}}'\n"));
    }
}

#[test]
fn settings_of_a_resolver_are_not_shown() {
    for settings in ["allowedDomains: '${SECRET}'", "dangerouslyAllowSignInWithoutUserInCatalog: '${SECRET}'", "allowedDomains: ['@${SECRET}']"] {
        assert_hidden(&format!(
            "auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: emailLocalPartMatchingUserEntityName, {settings} }}] }} }} }} }}\n"
        ));
    }
}

#[test]
fn a_file_that_is_no_yaml_is_not_quoted() {
    for text in
        [format!("key: [{SECRET}\n"), format!("{SECRET}: x: y\n"), format!("\"{SECRET}\n"), format!("a: *{SECRET}\n"), format!("- {SECRET}\nb: c\n")]
    {
        let output = output(&text);
        let shown = output.lines().filter(|line| line.contains(SECRET)).collect::<Vec<_>>();
        assert!(shown.is_empty(), "{text}: {shown:?}");
    }
}

#[test]
fn the_token_of_the_catalog_is_not_logged() {
    let entity = r#"{"kind":"User","metadata":{"name":"alice"}}"#;
    let stub = Stub::start(|_| Reply::Json(200, entity.into()));
    let more = format!(
        "discovery: {{ endpoints: [{{ target: 'http://{}/{{{{pluginId}}}}', plugins: [catalog] }}] }}\n\
         stagedoor: {{ catalog: {{ source: backstage, token: '${{SECRET}}' }} }}",
        stub.address
    );
    let sandbox = Sandbox::new(&[("app-config.yaml", &config("forwardedUserMatchingUserEntityName", &more))]);
    let mut command = sandbox.command(&["try", "--header", "x-forwarded-user: alice"]);
    let ran = Ran::of(command.env("SECRET", SECRET).env("LOG_LEVEL", "trace"));
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(stub.asked()[0].headers.contains(&format!("authorization: bearer {SECRET}")), "it was sent");
    assert!(!ran.to_string().contains(SECRET), "{ran}");
}
