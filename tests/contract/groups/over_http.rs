//! What a catalog, or whatever stands in its place, may answer about groups: none comes out that was not asked for, and a fault is never "no group".

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn group(name: &str, parent: Option<&str>) -> Value {
    let relations = parent.map(|parent| json!({ "type": "childOf", "targetRef": format!("group:default/{parent}") }));
    json!({
        "metadata": { "namespace": "default", "name": name }, "apiVersion": "backstage.io/v1alpha1", "kind": "Group", "spec": { "type": "team" },
        "relations": relations.into_iter().collect::<Vec<_>>(),
    })
}

fn user(name: &str) -> Value {
    json!({ "metadata": { "namespace": "default", "name": name }, "apiVersion": "backstage.io/v1alpha1", "kind": "User", "spec": {} })
}

/// A server whose catalog answers this about groups.
async fn answering(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
    over_stub(&reader(), move |asked| if asked.target.contains("/by-name/") { Reply::Json(200, user("alice").to_string()) } else { reply(asked) })
        .await
}

fn items(items: Value) -> impl Fn(&Asked) -> Reply {
    move |_| Reply::Json(200, json!({ "items": items }).to_string())
}

/// Status and name of the error, or what was shown.
async fn outcome(server: &Server, headers: &[(&str, &str)]) -> String {
    let answer = server.app.refresh(&[&[("x-forwarded-user", "alice")], headers].concat()).await;
    match answer.error() {
        Some(error) => format!("{} {error}", answer.status.as_u16()),
        None => shown(&server.app, headers).await,
    }
}

const NONSENSE: &str = "503 ServiceUnavailableError";
const TEAM_A: [(&str, &str); 1] = [("x-refs", "group:default/team-a")];

#[tokio::test]
async fn only_the_groups_that_were_asked_for_come_out() {
    assert_eq!(outcome(&answering(items(json!([group("Team-A", None)]))).await, &TEAM_A).await, "group:default/team-a");
    assert_eq!(outcome(&answering(items(json!([null]))).await, &TEAM_A).await, "-");
    let mut impostor = user("team-a");
    impostor["kind"] = "User".into();
    let mut other = group("team-a", None);
    other["metadata"]["namespace"] = "ops".into();
    let mut parent = group("team-a", None);
    parent["spec"]["parent"] = "a:b:c".into();
    let mut number = group("team-a", None);
    number["spec"]["parent"] = 7.into();
    let mut relation = group("team-a", None);
    relation["relations"] = json!([{ "type": "childOf", "targetRef": "group:dept" }]);
    let mut name = group("team-a", None);
    name["spec"]["profile"] = json!({ "displayName": ["x"] });
    for wrong in [
        json!([impostor]),
        json!([group("team-b", None)]),
        json!([other]),
        json!([parent]),
        json!([number]),
        json!([relation]),
        json!([name]),
        json!([]),
        json!([group("team-a", None), group("team-a", None)]),
        json!([{}]),
        json!("team-a"),
        json!(null),
    ] {
        assert_eq!(outcome(&answering(items(wrong.clone())).await, &TEAM_A).await, NONSENSE, "{wrong}");
    }
    let swapped = answering(items(json!([group("team-b", None), group("team-a", None)]))).await;
    assert_eq!(outcome(&swapped, &[("x-refs", "group:default/team-a|group:default/team-b")]).await, NONSENSE, "each stands at its place");
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_and_never_no_group() {
    let raw = |text: &'static str| move |_: &Asked| Reply::Raw(text.as_bytes().to_vec());
    for server in [
        answering(raw("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>")).await,
        answering(raw("HTTP/1.1 204 No Content\r\n\r\n")).await,
        answering(raw("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")).await,
        answering(|_| Reply::Close).await,
        answering(|_| Reply::Json(200, "[]".into())).await,
    ] {
        assert_eq!(outcome(&server, &TEAM_A).await, NONSENSE);
    }
    for status in [400, 401, 403, 404, 500, 503] {
        let server = answering(move |_| Reply::Json(status, "{}".into())).await;
        for headers in [&TEAM_A[..], &[("x-filter", "spec.type=team")], &[("x-refs", "group:default/team-a"), ("x-depth", "2")]] {
            assert_eq!(outcome(&server, headers).await, format!("{status} ResponseError"), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn a_list_is_searched_once_more_and_holds_groups_alone() {
    let list = |entities: Value| move |_: &Asked| Reply::Json(200, entities.to_string());
    let teams = [("x-filter", "spec.type=team")];
    let mut ring = group("ring", None);
    ring["spec"]["type"] = "ring".into();
    let server = answering(list(json!([group("b", None), ring, group("a", Some("b")), group("b", None)]))).await;
    assert_eq!(outcome(&server, &teams).await, "group:default/a < group:default/b; group:default/b", "by their refs, each once");
    for wrong in [json!([group("a", None), user("team")]), json!([{}]), json!([null]), json!({ "items": [] })] {
        assert_eq!(outcome(&answering(list(wrong.clone())).await, &teams).await, NONSENSE, "{wrong}");
    }
    for (count, expected) in [(100, None), (101, Some("400 InputError"))] {
        let groups: Vec<_> = (0..count).map(|nth| group(&nth.to_string(), None)).collect();
        let outcome = outcome(&answering(list(groups.into())).await, &teams).await;
        assert!(expected.map_or(outcome.split("; ").count() == 100, |expected| outcome == expected), "{count}: {outcome}");
    }
    let huge = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n[";
    let server = answering(move |_| Reply::Raw(huge.into())).await;
    assert_eq!(outcome(&server, &teams).await, "400 InputError", "a filter that describes too much");
}

/// Row 14.3: a catalog that fails on the way up fails the whole.
#[tokio::test]
async fn a_fault_on_the_way_up_is_a_fault() {
    let calls = AtomicUsize::new(0);
    let server = answering(move |_| match calls.fetch_add(1, Ordering::Relaxed) % 3 {
        0 => items(json!([group("team-a", Some("dept"))]))(&asked()),
        1 => items(json!([group("dept", Some("org"))]))(&asked()),
        _ => Reply::Json(503, "{}".into()),
    })
    .await;
    let headers = [("x-forwarded-user", "alice"), TEAM_A[0], ("x-depth", "9")];
    let answer = server.app.refresh(&headers).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (503, Some("ResponseError")), "{answer:?}");
    let (_, record) = Door::of(&server.app).await.sign_in(&headers).await;
    assert_eq!((record.attempts[0].look_ups.join(" ").as_str(), record.blame), ("entity-ref=1 groups=1 groups=1 groups=failed", Some("upstream")));
}

fn asked() -> Asked {
    Asked { method: String::new(), target: String::new(), headers: Vec::new(), body: String::new(), connection: 0, nth: 0 }
}

/// A tree that has no top, since every group names another one above it.
#[tokio::test]
async fn a_tree_without_a_top_ends_with_the_look_ups() {
    let server = answering(|asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let name = body["entityRefs"][0].as_str().unwrap().trim_start_matches("group:default/").to_owned();
        items(json!([group(&name, Some(&format!("{name}x")))]))(asked)
    })
    .await;
    let answer = server.app.refresh(&[("x-forwarded-user", "alice"), TEAM_A[0], ("x-depth", "4294967295")]).await;
    assert_eq!(answer.error().as_deref(), Some("resolver-trapped"), "{answer:?}");
    assert_eq!(server.stub.unwrap().calls(), 8);
}

#[tokio::test]
async fn a_ref_cannot_become_two_and_a_value_no_condition() {
    let server = answering(items(json!([null, null]))).await;
    let hostile = r#"group:default/x" ,"group:default/y"#;
    let refs = ["group:default/a b#?&=%2F\"\\", "group:ns/\"]}"].join("|");
    assert_eq!(outcome(&server, &[("x-refs", &refs)]).await, "-; -");
    let stub = server.stub.as_ref().unwrap();
    let body: Value = serde_json::from_str(&stub.asked().pop().unwrap().body).unwrap();
    assert_eq!(body, json!({ "entityRefs": ["group:default/a b#?&=%2f\"\\", "group:ns/\"]}"] }));
    let calls = stub.calls();
    assert_eq!(outcome(&server, &[("x-refs", hostile)]).await, "-", "a comma is in no name");
    let server = answering(|_| Reply::Json(200, "[]".into())).await;
    assert_eq!((calls, outcome(&server, &[("x-filter", "metadata.name=x,kind=user")]).await), (4, String::new()));
    let stub = server.stub.as_ref().unwrap();
    assert!(stub.asked().iter().all(|asked| !asked.target.contains("filter")), "nobody is asked for what no filter can say");
    outcome(&server, &[("x-filter", "metadata.name=x&filter=kind=user#?/../")]).await;
    let target = stub.asked().pop().unwrap().target;
    assert_eq!(target, "/api/catalog/entities?filter=metadata.name%3Dx%26filter%3Dkind%3Duser%23%3F%2F..%2F%2Ckind%3Dgroup");
}
