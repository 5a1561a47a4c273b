//! The gate: for each power undecided, denied, granted within bounds, granted and out of bounds, and a grant with a bound missing.

use std::sync::LazyLock;

use serde_json::{Value, json};
use stagedoor::{domain::grant::Power, generation::stage::Step, serve::StartError};
use stagedoor_tests::{
    guests::{Chain, Door},
    stub::{Reply, Stub},
};

use super::{fallback_bounds, group_bounds, issue_self_bounds, owned, refused};

/// One sign-in through a guest: the headers of the request.
type Headers = &'static [(&'static str, &'static str)];

/// A power, and the guest that imports it and nothing else.
struct Case {
    guest: &'static str,
    /// A grant.
    bounds: Value,
    /// What is within it.
    within: Headers,
    /// What is not.
    beyond: &'static [Headers],
    /// The look-ups that a guest makes before it uses the power.
    looks_up_first: usize,
}

/// The powers that give out a name of their own.
const NAMING: [Power; 2] = [Power::Fallback, Power::IssueSelf];

/// The guest of a power, with the tokens that its bounds can name. Their keys are not needed here, so nobody fetches them.
fn chain(power: Power) -> Chain {
    let token = json!({ "header": "x-corp-token", "issuer": "i", "audience": "a", "jwks": "http://127.0.0.1:1/", "expiry": "required" });
    Chain::of(case(power).guest).section("tokens", json!({ "corp": token, "other": token }))
}

fn case(power: Power) -> Case {
    let named = |guest, bounds| {
        let beyond: &[Headers] = &[
            &[("x-forwarded-user", "zed9")],
            &[("x-forwarded-user", "zed.root")],
            &[("x-forwarded-user", "zed"), ("x-namespace", "other")],
            &[("x-forwarded-user", "root"), ("x-kind", "group"), ("x-forwarded-email", "nobody@corp.example")],
        ];
        Case { guest, bounds, within: &[("x-forwarded-user", "zed")], beyond, looks_up_first: 0 }
    };
    let owning = |guest| {
        let beyond: &[Headers] = &[
            &[("x-forwarded-user", "alice"), ("x-refs", "group:default/ops9")],
            &[("x-forwarded-user", "alice"), ("x-refs", "group:default/ops|group:default/ops.root")],
            &[("x-forwarded-user", "alice"), ("x-refs", "group:other/ops")],
            &[("x-forwarded-user", "alice"), ("x-refs", "user:default/bob")],
        ];
        Case { guest, bounds: group_bounds(), within: &[("x-forwarded-user", "alice"), ("x-refs", "group:default/ops")], beyond, looks_up_first: 1 }
    };
    let claims = |guest| {
        let beyond: &[Headers] = &[
            &[("x-forwarded-user", "alice"), ("x-token", "other"), ("x-corp-token", "Bearer a.b.c")],
            &[("x-forwarded-user", "alice"), ("x-token", "other")],
            &[("x-forwarded-user", "alice"), ("x-token", "Corp")],
            &[("x-forwarded-user", "alice"), ("x-token", "id")],
            &[("x-forwarded-user", "alice")],
        ];
        Case {
            guest,
            bounds: json!({ "tokens": ["corp"] }),
            within: &[("x-forwarded-user", "alice"), ("x-token", "corp")],
            beyond,
            looks_up_first: 0,
        }
    };
    match power {
        Power::Fallback => named("fallback", fallback_bounds()),
        Power::IssueSelf => named("issue_self", issue_self_bounds(false)),
        Power::AddOwnership => owning("add_ownership"),
        Power::ReplaceOwnership => owning("replace_ownership"),
        Power::AddTokenClaims => Case {
            guest: "add_token_claims",
            bounds: json!({ "claims": ["groups"] }),
            within: &[("x-forwarded-user", "alice"), ("x-claims", r#"{"groups":["ops"]}"#)],
            beyond: &[
                &[("x-forwarded-user", "alice"), ("x-claims", r#"{"roles":["ops"]}"#)],
                &[("x-forwarded-user", "alice"), ("x-claims", r#"{"groups":["ops"],"Groups":[]}"#)],
                &[("x-forwarded-user", "alice"), ("x-claims", r#"{"sub":"user:default/bob"}"#)],
            ],
            looks_up_first: 1,
        },
        Power::SensitiveHeaders => Case {
            guest: "sensitive_headers",
            bounds: json!({ "headers": ["authorization"] }),
            within: &[("x-forwarded-user", "alice"), ("x-read", "Authorization"), ("authorization", "Bearer a.b.c")],
            beyond: &[
                &[("x-forwarded-user", "alice"), ("x-read", "cookie"), ("cookie", "session=secret")],
                &[("x-forwarded-user", "alice"), ("x-read", "cookie")],
                &[("x-forwarded-user", "alice"), ("x-read", "x-forwarded-user")],
                &[("x-forwarded-user", "alice"), ("x-read", "")],
            ],
            looks_up_first: 0,
        },
        Power::VerifiedClaims => claims("verified_claims"),
        Power::UnverifiedClaims => claims("unverified_claims"),
        // It has no bounds, so nothing is beyond them.
        Power::Groups => Case {
            guest: "groups",
            bounds: json!("grant"),
            within: &[("x-forwarded-user", "alice"), ("x-refs", "group:default/team-a")],
            beyond: &[],
            looks_up_first: 1,
        },
        Power::HttpClient => http_client(),
    }
}

/// A server that lives as long as the tests, and the requests to it and past it.
fn http_client() -> Case {
    static SERVER: LazyLock<Stub> = LazyLock::new(|| Stub::start(|_| Reply::Json(200, "{}".into())));
    let asking = |url: String, more: &[(&'static str, &'static str)]| -> Headers {
        let url: &'static str = Box::leak(url.into_boxed_str());
        Box::leak([&[("x-forwarded-user", "alice"), ("x-url", url)], more].concat().into_boxed_slice())
    };
    let base = format!("http://{}", SERVER.address);
    let beyond = [
        asking(format!("{base}/admin"), &[]),
        asking(format!("{base}/orgs/a"), &[("x-method", "POST")]),
        asking(format!("{base}/orgs/a"), &[("x-credential", "other")]),
        asking("https://elsewhere.example/orgs/secret".into(), &[]),
    ];
    Case {
        guest: "http_client",
        bounds: json!({ "destinations": [{ "url": format!("{base}/orgs/"), "methods": ["GET"] }], "credentials": [] }),
        within: asking(format!("{base}/orgs/a"), &[]),
        beyond: Box::leak(Box::new(beyond)),
        looks_up_first: 0,
    }
}

#[tokio::test]
async fn undecided_the_component_is_not_loaded() {
    for power in Power::ALL {
        let Case { guest, .. } = case(power);
        for chain in [chain(power), chain(power).grants(json!({}))] {
            let refusal = chain.refusal().await;
            let text = refusal.to_string();
            let StartError::Stage(errors) = refusal else { panic!("{text}") };
            assert_eq!((errors.len(), errors[0].step, errors[0].resolver.as_str()), (1, Step::Link, guest));
            assert!(text.contains("app-config.yaml: stagedoor.components."), "{text}");
            let decision = if power == Power::Groups { "`grant` or `deny`" } else { "its bounds, or `deny`" };
            let wanted =
                format!("it imports the power {power}, which nobody decided: write `stagedoor.components.{guest}.grants.{power}` with {decision}");
            assert!(text.contains(&wanted), "{text}");
        }
    }
}

#[tokio::test]
async fn the_decision_about_one_power_is_not_one_about_another() {
    let text = Chain::of("issue_self").grants(json!({ "fallback": fallback_bounds() })).refusal().await.to_string();
    assert!(text.contains("stagedoor.components.issue_self.grants.issue-self"), "{text}");
}

#[tokio::test]
async fn denied_every_call_is_not_allowed() {
    for power in Power::ALL {
        let Case { guest, within, looks_up_first, .. } = case(power);
        let app = chain(power).grants(json!({ power.name(): "deny" })).start().await;
        // Also where the catalog would have known the user: a denied power asks nobody.
        for user in [within[0], ("x-forwarded-user", "alice")] {
            let headers = [&[user], &within[1..]].concat();
            let message = format!("The resolver may not use {power}: stagedoor.components.{guest}.grants.{power} does not grant it");
            assert_eq!(refused(&app.refresh(&headers).await), (403, "NotAllowedError".into(), message));
        }
        let (_, record) = Door::of(&app).await.sign_in(within).await;
        let attempt = &record.attempts[0];
        assert_eq!((&attempt.refusals, attempt.look_ups.len(), record.blame), (&vec![power], looks_up_first, Some("host")));
    }
}

#[tokio::test]
async fn granted_it_does_its_work_within_its_bounds() {
    for power in Power::ALL {
        let Case { bounds, within, .. } = case(power);
        let app = chain(power).grants(json!({ power.name(): bounds })).start().await;
        let answer = app.refresh(within).await;
        assert_eq!(answer.user(), Some(format!("user:default/{}", within[0].1)), "{answer:?}");
        let (_, record) = Door::of(&app).await.sign_in(within).await;
        assert_eq!(record.attempts[0].refusals.len(), 0);
        let told = match power {
            Power::Fallback | Power::IssueSelf => (power.name(), vec![]),
            // Nothing of it is in the answer.
            Power::SensitiveHeaders | Power::VerifiedClaims | Power::UnverifiedClaims | Power::Groups | Power::HttpClient => ("catalog", vec![]),
            _ => ("catalog", vec![power]),
        };
        assert_eq!((record.outcome, record.powers), told, "the record says what was made of the catalog's answer");
    }
}

#[tokio::test]
async fn a_name_of_its_own_owns_itself_and_nothing_else() {
    for power in NAMING {
        let Case { bounds, .. } = case(power);
        let app = chain(power).grants(json!({ power.name(): bounds })).start().await;
        let answer = app.refresh(&[("x-forwarded-user", "Zed")]).await;
        assert_eq!(answer.user().as_deref(), Some("user:default/zed"), "{answer:?}");
        assert_eq!(owned(&answer), json!(["user:default/zed"]));
    }
}

#[tokio::test]
async fn out_of_bounds_it_is_not_allowed() {
    for power in Power::ALL {
        let Case { guest, bounds, beyond, .. } = case(power);
        let app = chain(power).grants(json!({ power.name(): bounds })).start().await;
        for headers in beyond {
            let message = format!("The resolver may not use {power} for this {}", power.subject());
            assert_eq!(refused(&app.refresh(headers).await), (403, "NotAllowedError".into(), message), "{headers:?}");
            let (_, record) = Door::of(&app).await.sign_in(headers).await;
            assert_eq!((&record.attempts[0].refusals, record.blame), (&vec![power], Some("guest")));
            let cause = record.cause.unwrap();
            assert!(cause.contains(&format!("out of the bounds of stagedoor.components.{guest}.grants.{power}")), "{cause}");
            assert!(!cause.contains("secret"), "{cause}");
        }
    }
}

#[tokio::test]
async fn a_bound_that_is_not_stated_is_an_error() {
    for power in Power::ALL {
        let Case { guest, bounds, .. } = case(power);
        for bound in bounds.as_object().into_iter().flatten().map(|(bound, _)| bound) {
            let mut incomplete = bounds.clone();
            incomplete.as_object_mut().unwrap().remove(bound);
            let refusal = chain(power).grants(json!({ power.name(): incomplete })).refusal().await;
            let text = refusal.to_string();
            assert!(matches!(refusal, StartError::Config(_)), "{text}");
            assert!(text.contains(&format!("stagedoor.components.{guest}.grants.{power}.{bound}: missing; each bound must be stated")), "{text}");
        }
    }
}

#[tokio::test]
async fn fallback_does_not_give_out_the_name_of_another_user() {
    let app = Chain::of("fallback").grants(json!({ "fallback": fallback_bounds() })).start().await;
    let stranger = ("x-forwarded-email", "nobody@nowhere.example");
    let (status, error, _) = refused(&app.refresh(&[stranger, ("x-forwarded-user", "alice")]).await);
    assert_eq!((status, error.as_str()), (403, "NotAllowedError"), "alice is in the catalog, and the query did not mean her");
    assert_eq!(app.refresh(&[stranger, ("x-forwarded-user", "zed")]).await.user().as_deref(), Some("user:default/zed"));
    let (_, record) = Door::of(&app).await.sign_in(&[stranger, ("x-forwarded-user", "alice")]).await;
    assert_eq!((&record.attempts[0].refusals, record.attempts[0].look_ups.len()), (&vec![Power::Fallback], 2));
}

#[tokio::test]
async fn a_catalog_user_keeps_what_the_catalog_says_whatever_the_bounds_of_fallback() {
    let nothing = json!({ "kinds": ["user"], "namespaces": ["default"], "names": ["nobody-at-all"] });
    let app = Chain::of("fallback").grants(json!({ "fallback": nothing })).start().await;
    let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
    assert_eq!(owned(&answer), json!(["user:default/alice", "group:default/team-a"]));
}

#[tokio::test]
async fn unless_in_catalog_keeps_the_names_of_catalog_users() {
    let headers = [("x-forwarded-user", "alice")];
    let app = Chain::of("issue_self").grants(json!({ "issue-self": issue_self_bounds(true) })).start().await;
    let message = "The resolver may not use issue-self for this user";
    assert_eq!(refused(&app.refresh(&headers).await), (403, "NotAllowedError".into(), message.into()));
    assert_eq!(app.refresh(&[("x-forwarded-user", "zed")]).await.user().as_deref(), Some("user:default/zed"));
    let (_, record) = Door::of(&app).await.sign_in(&headers).await;
    assert_eq!((&record.attempts[0].refusals, &record.attempts[0].look_ups), (&vec![Power::IssueSelf], &vec!["entity-ref=1".to_owned()]));

    let app = Chain::of("issue_self").grants(json!({ "issue-self": issue_self_bounds(false) })).start().await;
    let answer = app.refresh(&headers).await;
    assert_eq!(owned(&answer), json!(["user:default/alice"]), "the name, and nothing that the catalog says about it");
}

#[tokio::test]
async fn a_group_never_signs_in_even_where_every_kind_is_granted() {
    let anything = json!({ "kinds": [".*"], "namespaces": [".*"], "names": [".*"] });
    let mut issued = anything.clone();
    issued["unlessInCatalog"] = false.into();
    for (guest, grants) in [("fallback", json!({ "fallback": anything })), ("issue_self", json!({ "issue-self": issued }))] {
        let app = Chain::of(guest).grants(grants).start().await;
        let group = [("x-forwarded-user", "team-a"), ("x-kind", "group"), ("x-forwarded-email", "nobody@corp.example")];
        assert_eq!(refused(&app.refresh(&group).await), (403, "guarded".into(), "The resolver may not sign in this user".into()));
    }
}

#[tokio::test]
async fn a_refusal_that_the_guest_swallows_stands_in_the_record() {
    for power in Power::ALL.into_iter().filter(|power| !NAMING.contains(power)) {
        let Case { bounds, within, beyond, .. } = case(power);
        let denied = [(json!("deny"), within)];
        let out_of_bounds = beyond.iter().map(|headers| (bounds.clone(), *headers));
        for (decision, headers) in denied.into_iter().chain(out_of_bounds) {
            let app = chain(power).grants(json!({ power.name(): decision })).start().await;
            let (result, record) = Door::of(&app).await.sign_in(&[headers, &[("x-swallow", "yes")]].concat()).await;
            let signed_in = result.unwrap();
            assert_eq!(signed_in.ownership.len(), 2, "what was refused has changed nothing");
            assert_eq!((record.outcome, record.powers, &record.attempts[0].refusals), ("catalog", vec![], &vec![power]), "{headers:?}");
        }
    }
    let app = Chain::of("swallows_refusal").grants(json!({ "issue-self": "deny" })).start().await;
    let (result, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "alice")]).await;
    assert_eq!(result.unwrap().user.as_str(), "user:default/alice");
    assert_eq!((record.outcome, &record.attempts[0].refusals), ("catalog", &vec![Power::IssueSelf]));
}
