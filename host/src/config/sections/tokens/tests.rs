use super::*;
use crate::config::testing::{faults, loaded};

fn token(text: &str) -> TokenConfig {
    loaded(&format!("stagedoor: {{ tokens: {{ id: {text} }} }}")).stagedoor.tokens["id"].clone()
}

fn fault(text: &str) -> String {
    faults(&format!("stagedoor: {{ tokens: {{ id: {text} }} }}"))
}

/// A token that lacks nothing, with these keys besides.
fn with(keys: &str) -> String {
    format!("{{ issuer: 'https://idp.example', audience: portal, expiry: required, {keys} }}")
}

#[test]
fn the_id_token_has_defaults_where_nothing_decides() {
    let token = token(&with("discovery: true"));
    assert_eq!((token.header.as_str(), token.scheme, token.path.as_str()), ("x-oauth2-proxy-id-token", TokenScheme::Bearer, "stagedoor.tokens.id"));
    let checks = token.checks.unwrap();
    assert_eq!((checks.issuers, checks.audiences), (vec!["https://idp.example".to_owned()], vec!["portal".to_owned()]));
    assert_eq!((checks.algorithms, checks.expiry), (vec![SignatureAlgorithm::Rs256], Expiry::Required));
    assert!(checks.required_claims.is_empty() && checks.must_agree.is_empty());
    let url = KeyUrl::parse("https://idp.example/.well-known/openid-configuration").unwrap();
    assert_eq!(checks.keys, TokenKeys::Discovery(url));
    assert!(loaded("{}").stagedoor.tokens.is_empty());
}

#[test]
fn everything_can_be_set() {
    let text = "{ header: X-Corp-Assertion, scheme: either, issuer: ['https://idp.example/r', 'https://idp.example/r/'], audience: [a, b], \
                discovery: 'true', algorithms: [ES256, EdDSA], requiredClaims: email, expiry: { minutes: 5 }, \
                mustAgree: { user: sub, email: 'https://corp.example/email', preferredUsername: a.b } }";
    let token = token(text);
    let checks = token.checks.unwrap();
    assert_eq!((token.header.as_str(), token.scheme), ("x-corp-assertion", TokenScheme::Either));
    assert_eq!((checks.expiry, checks.algorithms), (Expiry::Leeway(300), vec![SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa]));
    assert_eq!(checks.required_claims, ["email"]);
    assert_eq!(
        checks.must_agree,
        [
            ("x-forwarded-user", "sub".to_owned()),
            ("x-forwarded-email", "https://corp.example/email".to_owned()),
            ("x-forwarded-preferred-username", "a.b".to_owned())
        ]
    );
    let TokenKeys::Discovery(url) = checks.keys else { panic!("{:?}", checks.keys) };
    assert_eq!(url.as_str(), "https://idp.example/r/.well-known/openid-configuration", "of the two spellings of one issuer");
    let keys = |text: &str| self::token(&with(text)).checks.unwrap().keys;
    assert_eq!(keys("jwks: 'http://127.0.0.1:8080/keys'"), TokenKeys::Jwks(KeyUrl::parse("http://127.0.0.1:8080/keys").unwrap()));
    assert!(matches!(keys("publicKeyFile: ./idp.pem"), TokenKeys::PublicKeyFile(path) if path.is_absolute() && path.ends_with("idp.pem")));
    let expiry = |text: &str| self::token(&format!("{{ issuer: a, audience: b, jwks: 'https://k', expiry: {text} }}")).checks.unwrap().expiry;
    assert_eq!((expiry("ignore"), expiry("PT1M"), expiry("7 days")), (Expiry::Ignore, Expiry::Leeway(60), Expiry::Leeway(604_800)));
}

#[test]
fn whether_checks_bind_everybody_must_be_stated() {
    let checks = with("discovery: true, mustAgree: { user: sub }, requiredClaims: email");
    let warnings = |trust: &str, name: &str| {
        loaded(&format!(
            "stagedoor: {{ trust: {trust}, tokens: {{ {name}: {checks} }} }}",
            checks = checks.replace("{ issuer", "{ header: x-corp, issuer")
        ))
        .warnings
        .join("\n")
    };
    insta::assert_snapshot!(warnings("{}", "id"), @r"
    app-config.yaml: stagedoor.tokens.id.mustAgree: whoever leaves the token out is not held to this: set stagedoor.trust.idToken to required, or to optional if that is what you mean
    app-config.yaml: stagedoor.tokens.id.requiredClaims: whoever leaves the token out is not held to this: set stagedoor.trust.idToken to required, or to optional if that is what you mean
    ");
    assert_eq!(warnings("{ idToken: required }", "id"), "");
    assert_eq!(warnings("{ idToken: optional }", "id"), "");
    assert!(!warnings("{}", "access").contains("trust.idToken"), "it is checked when a component asks for it");
    assert!(loaded(&format!("stagedoor: {{ tokens: {{ id: {} }} }}", with("discovery: true"))).warnings.is_empty());
}

#[test]
fn what_decides_must_be_stated() {
    insta::assert_snapshot!(fault("{}"), @r"
    app-config.yaml: stagedoor.tokens.id.issuer: missing; expected the issuer as it stands in the token, or a list
    app-config.yaml: stagedoor.tokens.id.audience: missing; expected whom the token is for, such as the client id of your proxy, or a list
    app-config.yaml: stagedoor.tokens.id: expected the keys that sign this token in exactly one way: jwks with the URL of a key set, discovery with true or the URL of a discovery document, or publicKeyFile with the path of a PEM file
    app-config.yaml: stagedoor.tokens.id.expiry: missing, and must be stated, since oauth2-proxy forwards tokens of the time of the login, expired or not, unless it refreshes its sessions: expected required, ignore, or how long a token counts after it has expired, such as '5 minutes'
    ");
    insta::assert_snapshot!(faults("stagedoor: { tokens: { access: { dangerouslyUnverified: true } } }"), @"app-config.yaml: stagedoor.tokens.access.header: missing; expected the name of the header that holds the token, such as x-forwarded-access-token");
}

#[test]
fn what_is_no_key_or_no_place_for_one_is_refused() {
    for (keys, message) in [
        ("jwks: 'https://k', discovery: true", "id: expected the keys that sign this token in exactly one way"),
        ("jwks: 'http://keys.example/k'", "jwks: http is for this machine alone"),
        ("jwks: 'https://user:hunter2@keys.example/k'", "jwks: expected an https URL of plain ASCII, without a user and without a fragment"),
        ("jwks: keys.json", "jwks: expected an https URL of plain ASCII"),
        ("jwks: 7", "jwks: expected an https URL, got a number"),
        ("discovery: false", "discovery: expected true, or the URL of a discovery document; write jwks or publicKeyFile"),
        ("discovery: 'http://idp.example/d'", "discovery: http is for this machine alone"),
        ("jwks: 'https://k', algorithms: [RS256, HS256]", "algorithms[1]: HS256 takes a secret that whoever checks could sign with too"),
        ("jwks: 'https://k', algorithms: none", "algorithms: a token without a signature is anybody's"),
        (
            "jwks: 'https://k', algorithms: [rs256]",
            "algorithms[0]: expected one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, got \"rs256\"",
        ),
        ("jwks: 'https://k', algorithms: [ES512]", "got \"ES512\""),
        ("jwks: 'https://k', algorithms: []", "algorithms: an empty list lets no token count"),
        ("jwks: 'https://k', requiredClaims: []", "requiredClaims: an empty list holds nothing"),
        ("jwks: 'https://k', mustAgree: { groups: groups }", "mustAgree.groups: unknown key; the keys here are user, email, preferredUsername"),
        ("jwks: 'https://k', mustAgree: { user: 7 }", "mustAgree.user: expected the name of a claim, got a number"),
        ("jwks: 'https://k', scheme: basic", "scheme: expected bearer, bare or either, got \"basic\""),
        ("jwks: 'https://k', keys: x", "keys: unknown key"),
    ] {
        let fault = fault(&with(keys));
        assert!(fault.contains(&format!("stagedoor.tokens.id.{message}")) || fault.contains(message), "{keys}: {fault}");
        assert!(!fault.contains("hunter2"), "{fault}");
    }
    for (expiry, message) in [
        ("5", "expiry: expected required, ignore, or how long"),
        ("true", "expiry: expected required, ignore, or how long"),
        ("never", "got \"never\""),
        ("0s", "expiry: expected a duration from 1s"),
        ("2 years", "expiry: expected a duration from 1s"),
        ("{ minute: 1 }", "expiry.minute: unknown key"),
    ] {
        let fault = fault(&format!("{{ issuer: a, audience: b, jwks: 'https://k', expiry: {expiry} }}"));
        assert!(fault.contains(message), "{expiry}: {fault}");
    }
    let several = fault("{ issuer: ['https://a', 'https://b'], audience: x, expiry: required, discovery: true }");
    assert!(several.contains("discovery: true is the document of the issuer, of which there are several"), "{several}");
    let plain = fault("{ issuer: accounts.example, audience: x, expiry: required, discovery: true }");
    assert!(plain.contains("discovery: true is accounts.example/.well-known/openid-configuration, which is not asked"), "{plain}");
}

#[test]
fn a_header_that_says_something_else_holds_no_token() {
    let secret = "trust: { sharedSecret: { header: x-proof, values: 0123456789abcdef } }";
    for (header, why) in [
        ("X-Forwarded-User", "x-forwarded-user says who somebody is"),
        ("x-forwarded-groups", "x-forwarded-groups says who somebody is"),
        ("X-Proof", "x-proof is what proves the proxy"),
        ("cookie", "cookie holds something else"),
        ("gap-signature", "gap-signature holds something else"),
        ("host", "host holds something else"),
        ("x_token", "expected the name of the header that holds the token"),
        ("'x token'", "expected the name of the header that holds the token"),
    ] {
        let fault = faults(&format!("stagedoor: {{ {secret}, tokens: {{ id: {} }} }}", with(&format!("jwks: 'https://k', header: {header}"))));
        assert!(fault.contains("stagedoor.tokens.id.header: ") && fault.contains(why), "{header}: {fault}");
    }
    for header in ["authorization", "x-forwarded-access-token", "Cf-Access-Jwt-Assertion"] {
        assert_eq!(token(&with(&format!("jwks: 'https://k', header: {header}"))).header.as_str(), header.to_ascii_lowercase());
    }
}

#[test]
fn a_token_that_nobody_verifies_says_so() {
    let tokens = |id: &str| format!("stagedoor: {{ tokens: {{ {id} }} }}");
    let config = loaded(&tokens("old: { header: x-old, dangerouslyUnverified: true }"));
    assert!(config.stagedoor.tokens["old"].checks.is_none());
    insta::assert_snapshot!(config.warnings.join("\n"), @"app-config.yaml: stagedoor.tokens.old: no component is granted to read its claims, so nobody looks at it");
    insta::assert_snapshot!(faults(&tokens("id: { dangerouslyUnverified: true }, old: { header: x-old, dangerouslyUnverified: true, issuer: x, expiry: ignore }, 'a b': { header: x, dangerouslyUnverified: true }")), @r"
    app-config.yaml: stagedoor.tokens.a b: a name consists of letters and digits, starts with a letter, and may hold single - _ : between them
    app-config.yaml: stagedoor.tokens.id.dangerouslyUnverified: every resolver is told the claims of this token as verified ones; give it another name, and grant unverified-claims for that
    app-config.yaml: stagedoor.tokens.old.issuer: has no effect on a token that nobody verifies; remove it, or dangerouslyUnverified
    app-config.yaml: stagedoor.tokens.old.expiry: has no effect on a token that nobody verifies; remove it, or dangerouslyUnverified
    ");
}

#[test]
fn grants_name_tokens_that_are_configured() {
    let config = |grants: &str| {
        let tokens = format!("tokens: {{ id: {}, old: {{ header: x-old, dangerouslyUnverified: true }} }}", with("jwks: 'https://k'"));
        format!("stagedoor: {{ {tokens}, components: {{ a: {{ source: a.wasm, grants: {{ {grants} }} }} }} }}")
    };
    let fine = "verified-claims: { tokens: id }, unverified-claims: { tokens: [id, old] }, sensitive-headers: { headers: [X-Old] }";
    let grants = loaded(&config(fine)).stagedoor.components["a"].grants.clone();
    assert!(grants.need_sensitive_headers());
    insta::assert_snapshot!(faults(&config("verified-claims: { tokens: [id, access, old] }, unverified-claims: { tokens: Id }, sensitive-headers: { headers: x-new }")), @r#"
    app-config.yaml: stagedoor.components.a.grants.sensitive-headers.headers: "x-new" is no sensitive header; those are authorization, proxy-authorization, cookie, x-forwarded-access-token, x-auth-request-access-token, x-access-token, x-oauth2-proxy-id-token, gap-auth, gap-signature, x-old
    app-config.yaml: stagedoor.components.a.grants.verified-claims.tokens[1]: there is no stagedoor.tokens.access: say there where this token stands and what makes it good
    app-config.yaml: stagedoor.components.a.grants.verified-claims.tokens[2]: stagedoor.tokens.old is verified by nobody (dangerouslyUnverified), so it has no verified claims
    app-config.yaml: stagedoor.components.a.grants.unverified-claims.tokens: there is no stagedoor.tokens.Id: say there where this token stands and what makes it good
    "#);
}

#[test]
fn trust_may_demand_the_id_token_where_there_is_one() {
    let trust = |id_token: &str| format!("trust: {{ idToken: {id_token} }}");
    insta::assert_snapshot!(faults(&format!("stagedoor: {{ {} }}", trust("required"))), @"app-config.yaml: stagedoor.trust.idToken: there is no stagedoor.tokens.id: say there who signs the ID token, and whom it is for");
    insta::assert_snapshot!(faults(&format!("stagedoor: {{ {} }}", trust("yes"))), @r#"app-config.yaml: stagedoor.trust.idToken: expected optional or required, got "yes""#);
    let token = with("jwks: 'https://k'");
    let config = loaded(&format!("stagedoor: {{ {}, tokens: {{ id: {token} }} }}", trust("required")));
    assert_eq!(config.stagedoor.trust.id_token, crate::config::IdTokenTrust::Required);
    assert!(loaded(&format!("stagedoor: {{ {} }}", trust("optional"))).warnings.is_empty());
}
