//! What others have been fooled by: each token here is wrong in one way, and none of them counts.

use serde_json::{Value, json};
use stagedoor_tests::{
    guests::Door,
    issuer::{self, Key, unsigned},
    stub::{Reply, Stub},
};

use super::{ALICE, EC, HEADER, ISSUER, Idp, RSA, assert_invalid, bearer, chain, claims, now, sign_in, told, with};

/// What is wrong with a token, the token, and what the log says about it.
type Attack = (String, String, &'static str);

const ALGORITHM: &str = "its algorithm is none of";
const FORM: &str = "it is no signed token of three parts";
const OTHER_KIND: &str = "it is no ID token";
const SIGNATURE: &str = "its signature is wrong";
const UNKNOWN: &str = "the key that it names is not in the key set";

fn header(algorithm: &str, kid: &str) -> Value {
    json!({ "alg": algorithm, "kid": kid })
}

/// Signed as it should be, with this header.
fn headed(header: &Value, claims: &Value) -> String {
    RSA.sign(&header.to_string(), &claims.to_string(), "RS256")
}

/// Signed as it should be, with these claims as they are written.
fn saying(claims: &str) -> String {
    RSA.sign(&header("RS256", "rsa-1").to_string(), claims, "RS256")
}

fn of_algorithms(claims: &Value) -> Vec<Attack> {
    let text = claims.to_string();
    let mut attacks = Vec::new();
    for none in ["none", "None", "NONE", "nOnE", ""] {
        attacks.push((format!("alg {none:?}"), unsigned(&header(none, "rsa-1").to_string(), &text) + ".", ALGORITHM));
    }
    let (jwk, pem) = (RSA.jwk(), RSA.pem());
    let modulus = jwk["n"].as_str().unwrap();
    for (what, secret) in [("PEM", pem.as_str()), ("JWK", &jwk.to_string()), ("modulus", modulus), ("nothing", ""), ("PEM trimmed", pem.trim())] {
        for algorithm in ["HS256", "HS384"] {
            let token = issuer::hs256(&header(algorithm, "rsa-1").to_string(), &text, secret.as_bytes());
            attacks.push((format!("{algorithm} with the {what} as the secret"), token, ALGORITHM));
        }
        // The same tag under a name that is allowed.
        let token = issuer::hs256(&header("RS256", "rsa-1").to_string(), &text, secret.as_bytes());
        attacks.push((format!("HS256 with the {what} that says RS256"), token, SIGNATURE));
    }
    for algorithm in [json!("rs256"), json!("RS256 "), json!(["RS256"]), json!(null), json!(256), json!({ "RS256": true })] {
        attacks.push((format!("alg {algorithm}"), headed(&json!({ "alg": algorithm, "kid": "rsa-1" }), claims), ALGORITHM));
    }
    attacks.push(("no alg".into(), headed(&json!({ "kid": "rsa-1" }), claims), ALGORITHM));
    for algorithm in ["PS256", "RS384", "RS512"] {
        let token = RSA.sign(&header(algorithm, "rsa-1").to_string(), &text, algorithm);
        attacks.push((format!("{algorithm}, by the right key"), token, ALGORITHM));
        let relabelled = RSA.sign(&header("RS256", "rsa-1").to_string(), &text, algorithm);
        attacks.push((format!("{algorithm} that says RS256"), relabelled, SIGNATURE));
    }
    let other_key = "the key that it names is not for its algorithm";
    attacks.push(("ES256 by an RSA key's name".into(), EC.sign(&header("ES256", "rsa-1").to_string(), &text, "ES256"), other_key));
    attacks.push(("RS256 by an EC key's name".into(), RSA.sign(&header("RS256", "ec-1").to_string(), &text, "RS256"), other_key));
    // CVE-2022-21449: zeros, which a careless ECDSA takes for a signature of everything.
    let zeros = format!("{}.{}", unsigned(&header("ES256", "ec-1").to_string(), &text), "A".repeat(86));
    attacks.push(("a signature of zeros".into(), zeros, SIGNATURE));
    attacks
}

fn of_keys(claims: &Value, elsewhere: &str) -> Vec<Attack> {
    let mallory = Key::new("rsa-1", "RS256");
    let by_mallory = |header: &Value| mallory.sign(&header.to_string(), &claims.to_string(), "RS256");
    let mut attacks = vec![("another key of the same name".to_owned(), by_mallory(&header("RS256", "rsa-1")), SIGNATURE)];
    for (member, value) in [("jwk", mallory.jwk()), ("jku", elsewhere.into()), ("x5u", elsewhere.into()), ("x5c", json!(["MIIB"]))] {
        for (kid, why) in [("rsa-1", SIGNATURE), ("mallory", UNKNOWN)] {
            let mut header = header("RS256", kid);
            header[member] = value.clone();
            attacks.push((format!("{member} of its own, kid {kid}"), by_mallory(&header), why));
        }
    }
    for kid in ["../../../../../dev/null", "rsa-1' OR '1'='1", "RSA-1", "rsa-1 ", "rsa-1\u{0}"] {
        attacks.push((format!("kid {kid:?}"), headed(&header("RS256", kid), claims), UNKNOWN));
    }
    for header in [json!({ "alg": "RS256" }), json!({ "alg": "RS256", "kid": 1 }), json!({ "alg": "RS256", "kid": ["rsa-1"] })] {
        attacks.push((format!("header {header}"), headed(&header, claims), "it does not say which key"));
    }
    attacks
}

fn of_headers(claims: &Value) -> Vec<Attack> {
    let text = claims.to_string();
    let mut attacks = Vec::new();
    for crit in [json!(["exp"]), json!([]), json!(["b64"]), json!(null), json!("x")] {
        let header = json!({ "alg": "RS256", "kid": "rsa-1", "b64": false, "crit": crit });
        attacks.push((format!("crit {crit}"), headed(&header, claims), "extensions that must be understood"));
    }
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt", "logout+jwt", "application/logout+jwt"] {
        let header = json!({ "alg": "RS256", "kid": "rsa-1", "typ": typ });
        attacks.push((format!("typ {typ}"), headed(&header, claims), OTHER_KIND));
    }
    for header in [
        r#"{"alg":"RS256","kid":"mallory","kid":"rsa-1"}"#,
        r#"{"alg":"RS256","kid":"rsa-1","k\u0069d":"rsa-1"}"#,
        r#"{"alg":"none","kid":"rsa-1","alg":"RS256"}"#,
        r#"{"alg":"RS256","kid":"rsa-1","jwk":{"kty":"RSA","kty":"oct"}}"#,
        r#"{"alg":"RS256","kid":"rsa-1"}{}"#,
        r#"{"alg":"RS256","kid":"rsa-1","n":1e999}"#,
        r#"["RS256"]"#,
        "",
    ] {
        attacks.push((format!("header {header}"), RSA.sign(header, &text, "RS256"), "its header cannot be read"));
    }
    attacks
}

fn of_claims(claims: &Value, now: u64) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let members = claims.to_string();
    let more = |member: &str| format!("{},{member}}}", members.strip_suffix('}').unwrap());
    let deep = format!(r#""deep":{}{}"#, "[".repeat(16), "]".repeat(16));
    for member in [
        r#""sub":"bob""#,
        r#""\u0073ub":"bob""#,
        r#""exp":9999999999"#,
        r#""a":{"b":1,"b":2}"#,
        r#""__proto__":{}"#,
        r#""n":1e400"#,
        r#""n":9007199254740993"#,
        &deep,
    ] {
        attacks.push((format!("the member {member} besides"), saying(&more(member)), "its claims cannot be read"));
    }
    for text in ["[]", "null", "\"text\"", "", "{}{}", "{"] {
        attacks.push((format!("claims {text}"), saying(text), "its claims cannot be read"));
    }
    let raw = |member: &str, value: &str| {
        let mut others = claims.clone();
        others.as_object_mut().unwrap().remove(member);
        saying(&format!(r#"{},"{member}":{value}}}"#, others.to_string().strip_suffix('}').unwrap()))
    };
    let no_time = |member: &'static str| match member {
        "exp" => "exp is no time",
        "nbf" => "nbf is no time",
        _ => "iat is no time",
    };
    for member in ["exp", "nbf", "iat"] {
        for value in ["\"9999999999\"", "null", "true", "[9999999999]", "{}", "-1", "9999999999.5", "-0.5"] {
            attacks.push((format!("{member} {value}"), raw(member, value), no_time(member)));
        }
        for value in ["1e400", "99999999999999999999", "1e300"] {
            attacks.push((format!("{member} {value}"), raw(member, value), "its claims cannot be read"));
        }
    }
    for exp in [0, 1, now - 1, now] {
        attacks.push((format!("exp {exp}"), raw("exp", &exp.to_string()), "it has expired"));
    }
    for (member, why) in [("nbf", "nbf lies ahead"), ("iat", "iat lies ahead")] {
        attacks.push((format!("{member} in a while"), raw(member, &(now + 120).to_string()), why));
    }
    for value in [
        &format!("\"{ISSUER}/\""),
        "\"https://idp.example/realms/Corp\"",
        "\"https://evil.example\"",
        "null",
        "7",
        &format!("[\"{ISSUER}\"]"),
        "\"\"",
    ] {
        attacks.push((format!("iss {value}"), raw("iss", value), "iss is none of"));
    }
    for value in
        ["\"other\"", "\"Portal\"", "\"portal \"", "[]", "[\"other\"]", "[\"portal\",7]", "[[\"portal\"]]", "null", "{\"portal\":true}", "\"\""]
    {
        attacks.push((format!("aud {value}"), raw("aud", value), "aud is or holds none of"));
    }
    for events in [json!({ "http://schemas.openid.net/event/backchannel-logout": {} }), json!({}), json!(null), json!([])] {
        attacks.push((format!("events {events}"), raw("events", &events.to_string()), OTHER_KIND));
    }
    for azp in [json!("other"), json!("Portal"), json!(["portal"]), json!(null), json!("")] {
        let several = with(with(claims.clone(), "aud", json!(["portal", "other"])), "azp", azp.clone());
        attacks.push((format!("several audiences, azp {azp}"), saying(&several.to_string()), "azp is none of"));
    }
    for (missing, why) in [("exp", "it has no exp"), ("iss", "iss is none of"), ("aud", "aud is or holds none of")] {
        let mut others = claims.clone();
        others.as_object_mut().unwrap().remove(missing);
        attacks.push((format!("no {missing}"), saying(&others.to_string()), why));
    }
    attacks
}

fn of_form(claims: &Value) -> Vec<Attack> {
    let good = headed(&header("RS256", "rsa-1"), claims);
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let bob = unsigned("{}", &with(claims.clone(), "sub", "bob".into()).to_string());
    let swapped = bob.split('.').nth(1).unwrap();
    let padding = with(claims.clone(), "padding", "x".repeat(64 * 1024).into());
    let attack = |what: &str, token: String, why| (what.to_owned(), token, why);
    vec![
        attack("two parts", format!("{head}.{body}"), FORM),
        attack("four parts", format!("{good}.{signature}"), FORM),
        attack("five parts", format!("{good}.a.b"), FORM),
        attack("a dot behind", format!("{good}."), FORM),
        attack("a dot before", format!(".{good}"), FORM),
        attack("a padded part", format!("{head}=.{body}.{signature}"), FORM),
        attack("another alphabet", format!("{head}.{body}+/.{signature}"), FORM),
        attack("words", "no token at all".replace(' ', "-"), FORM),
        attack("a huge one", headed(&header("RS256", "rsa-1"), &padding), FORM),
        attack("no signature", format!("{head}.{body}."), SIGNATURE),
        attack("half a signature", format!("{head}.{body}.{}", &signature[..signature.len() / 2]), SIGNATURE),
        attack("a padded signature", format!("{good}="), SIGNATURE),
        attack("a signature of something else", format!("{head}.{swapped}.{signature}"), SIGNATURE),
    ]
}

#[tokio::test]
async fn no_token_of_the_corpus_counts() {
    let (idp, elsewhere) = (Idp::with(&[&RSA, &EC]), Stub::start(|_| Reply::Json(200, "{}".into())));
    let app = chain(&idp.token()).start().await;
    let door = Door::of(&app).await;
    let claims = claims(&app);
    let url = format!("http://{}/", elsewhere.address);
    let corpus = [of_algorithms(&claims), of_keys(&claims, &url), of_headers(&claims), of_claims(&claims, now(&app)), of_form(&claims)].concat();
    assert!(corpus.len() > 120, "{}", corpus.len());
    for (what, token, why) in &corpus {
        let (_, record) = door.sign_in(&[ALICE, (HEADER, &bearer(token))]).await;
        assert_invalid(&sign_in(&app, token).await, &record, why, what);
        let cause = record.cause.unwrap();
        assert!(!token.split('.').any(|part| part.len() > 8 && cause.contains(part)) && !cause.contains("alice"), "{cause}");
    }
    assert_eq!(elsewhere.calls(), 0, "nobody went where a token said");
    assert_eq!(told(&sign_in(&app, &headed(&header("RS256", "rsa-1"), &claims)).await), Some(claims), "and a good one still counts");
}

/// What looks odd and is right.
#[tokio::test]
async fn what_is_right_counts_whatever_stands_besides() {
    let idp = Idp::with(&[&RSA, &EC]);
    let app = chain(&idp.token()).start().await;
    let claims = claims(&app);
    let mut tokens = vec![EC.token(&claims, "ES256")];
    for more in
        [json!({ "typ": "JWT" }), json!({ "jku": "https://evil.example" }), json!({ "jwk": Key::new("x", "ES256").jwk() }), json!({ "typ": null })]
    {
        let mut header = header("RS256", "rsa-1");
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        tokens.push(headed(&header, &claims));
    }
    let several = with(with(claims.clone(), "aud", json!(["other", "portal"])), "azp", "portal".into());
    tokens.push(RSA.token(&several, "RS256"));
    let far = 9_007_199_254_740_991_u64;
    for (member, value) in [
        ("aud", json!(["portal"])),
        ("azp", "other".into()),
        ("exp", far.into()),
        ("nbf", now(&app).into()),
        ("iat", 0.into()),
        ("iat", (now(&app) + 30).into()),
    ] {
        tokens.push(RSA.token(&with(claims.clone(), member, value), "RS256"));
    }
    for token in tokens {
        assert!(told(&sign_in(&app, &token).await).is_some(), "{token}");
    }
    assert_eq!(idp.server.calls(), 1);
}

#[tokio::test]
async fn every_algorithm_counts_where_it_is_configured_and_nowhere_else() {
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        let key = Key::new("k", algorithm);
        let idp = Idp::with(&[&key]);
        let app = chain(&with(idp.token(), "algorithms", algorithm.into())).start().await;
        let token = key.token(&claims(&app), algorithm);
        assert!(told(&sign_in(&app, &token).await).is_some(), "{algorithm}");
        let other = if algorithm == "RS256" { "PS256" } else { "RS256" };
        let app = chain(&with(idp.token(), "algorithms", other.into())).start().await;
        assert_ne!(sign_in(&app, &token).await.status, 200, "{algorithm} where {other} is configured");
    }
}
