//! The gate: for each power undecided, denied, granted within bounds, granted and out of bounds, and a grant with a bound missing.

use serde_json::json;
use stagedoor::{domain::grant::Power, generation::stage::Step, serve::StartError};
use stagedoor_tests::guests::{Chain, Door};

use super::{fallback_bounds, issue_self_bounds, refused};

/// The guest that imports the power, and a grant within bounds.
fn grant(power: Power) -> (&'static str, serde_json::Value) {
    match power {
        Power::Fallback => ("fallback", fallback_bounds()),
        Power::IssueSelf => ("issue_self", issue_self_bounds(false)),
    }
}

#[tokio::test]
async fn undecided_the_component_is_not_loaded() {
    for power in Power::ALL {
        let (guest, _) = grant(power);
        for chain in [Chain::of(guest), Chain::of(guest).grants(json!({}))] {
            let refusal = chain.refusal().await;
            let text = refusal.to_string();
            let StartError::Stage(errors) = refusal else { panic!("{text}") };
            assert_eq!((errors.len(), errors[0].step, errors[0].resolver.as_str()), (1, Step::Link, guest));
            assert!(text.contains("app-config.yaml: stagedoor.components."), "{text}");
            let wanted = format!(
                "it imports the power {power}, which nobody decided: write `stagedoor.components.{guest}.grants.{power}` with its bounds, or `deny`"
            );
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
        let (guest, _) = grant(power);
        let app = Chain::of(guest).grants(json!({ power.name(): "deny" })).start().await;
        // Also where the catalog would have known the user: a denied power asks nobody.
        for name in ["zed", "alice"] {
            let message = format!("The resolver may not use {power}: stagedoor.components.{guest}.grants.{power} does not grant it");
            assert_eq!(refused(&app.refresh(&[("x-forwarded-user", name)]).await), (403, "NotAllowedError".into(), message));
        }
        let (_, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "zed")]).await;
        assert_eq!((&record.attempts[0].refusals, record.attempts[0].look_ups.len(), record.blame), (&vec![power], 0, Some("host")));
    }
}

#[tokio::test]
async fn granted_it_gives_out_the_names_within_its_bounds() {
    for power in Power::ALL {
        let (guest, bounds) = grant(power);
        let app = Chain::of(guest).grants(json!({ power.name(): bounds })).start().await;
        let answer = app.refresh(&[("x-forwarded-user", "Zed")]).await;
        assert_eq!(answer.user().as_deref(), Some("user:default/zed"), "{answer:?}");
        let owned = answer.json()["backstageIdentity"]["identity"]["ownershipEntityRefs"].clone();
        assert_eq!(owned, json!(["user:default/zed"]), "they own themselves and nothing else");
        let (_, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "zed")]).await;
        assert_eq!((record.outcome, record.attempts[0].refusals.len()), (power.name(), 0));
    }
}

#[tokio::test]
async fn out_of_bounds_it_is_not_allowed() {
    for power in Power::ALL {
        let (guest, bounds) = grant(power);
        let app = Chain::of(guest).grants(json!({ power.name(): bounds })).start().await;
        let out_of_bounds: [&[(&str, &str)]; 4] = [
            &[("x-forwarded-user", "zed9")],
            &[("x-forwarded-user", "zed.root")],
            &[("x-forwarded-user", "zed"), ("x-namespace", "other")],
            &[("x-forwarded-user", "root"), ("x-kind", "group"), ("x-forwarded-email", "nobody@corp.example")],
        ];
        for headers in out_of_bounds {
            let message = format!("The resolver may not use {power} for this user");
            assert_eq!(refused(&app.refresh(headers).await), (403, "NotAllowedError".into(), message), "{headers:?}");
            let (_, record) = Door::of(&app).await.sign_in(headers).await;
            assert_eq!((&record.attempts[0].refusals, record.blame), (&vec![power], Some("guest")));
            assert!(record.cause.unwrap().contains(&format!("out of the bounds of stagedoor.components.{guest}.grants.{power}")));
        }
    }
}

#[tokio::test]
async fn a_bound_that_is_not_stated_is_an_error() {
    for power in Power::ALL {
        let (guest, bounds) = grant(power);
        for bound in bounds.as_object().unwrap().keys() {
            let mut incomplete = bounds.clone();
            incomplete.as_object_mut().unwrap().remove(bound);
            let refusal = Chain::of(guest).grants(json!({ power.name(): incomplete })).refusal().await;
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
    let owned = answer.json()["backstageIdentity"]["identity"]["ownershipEntityRefs"].clone();
    assert_eq!(owned, json!(["user:default/alice", "group:default/team-a"]));
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
    let owned = answer.json()["backstageIdentity"]["identity"]["ownershipEntityRefs"].clone();
    assert_eq!(owned, json!(["user:default/alice"]), "the name, and nothing that the catalog says about it");
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
    let app = Chain::of("swallows_refusal").grants(json!({ "issue-self": "deny" })).start().await;
    let (result, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "alice")]).await;
    assert_eq!(result.unwrap().user.as_str(), "user:default/alice");
    assert_eq!((record.outcome, &record.attempts[0].refusals), ("catalog", &vec![Power::IssueSelf]));
}
