//! Many who are looked up by name at once: few calls, and each of them gets their own answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use stagedoor_tests::joined;

use super::*;

const BY_REFS: &str = "/api/catalog/entities/by-refs";
/// As many as come at once.
const MANY: usize = 100;

const NOBODY: &str = "500 Error";

fn is_together(asked: &Asked) -> bool {
    asked.target == BY_REFS
}

/// The names that a call for many asks for.
fn names(asked: &Asked) -> Vec<String> {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let refs = body["entityRefs"].as_array().unwrap().iter().map(|entity_ref| entity_ref.as_str().unwrap());
    refs.map(|entity_ref| entity_ref.strip_prefix("user:default/").unwrap().to_owned()).collect()
}

/// An answer to a call for many.
fn items(asked: &Asked, item: impl Fn(&str) -> Value) -> Reply {
    Reply::Json(200, json!({ "items": names(asked).iter().map(|name| item(name)).collect::<Vec<_>>() }).to_string())
}

/// A catalog in which everybody is whose name does not begin with `nobody`.
fn everybody(asked: &Asked) -> Reply {
    let known = |name: &str| if name.starts_with("nobody") { Value::Null } else { user(name) };
    match name_of(asked) {
        _ if is_together(asked) => items(asked, known),
        name if known(name).is_null() => Reply::Json(404, "{}".into()),
        _ => found(asked),
    }
}

/// The first call takes this long, so that others gather meanwhile.
fn late_at_first(millis: u64, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Stub {
    let calls = AtomicUsize::default();
    Stub::start(move |asked| {
        let reply = answer(asked);
        if calls.fetch_add(1, Ordering::SeqCst) == 0 { Reply::Late(Duration::from_millis(millis), Box::new(reply)) } else { reply }
    })
}

async fn at_once(app: &App, names: &[String]) -> Vec<String> {
    joined(names.iter().map(|name| sign_in(app, name))).await
}

fn many() -> Vec<String> {
    (0..MANY).map(|nth| format!("u{nth}")).collect()
}

fn signed_in(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("200 user:default/{name}")).collect()
}

#[tokio::test]
async fn who_comes_while_a_call_is_under_way_goes_with_the_next_one() {
    let stub = late_at_first(5, everybody);
    let (app, people) = (by_name(&stub).await, many());
    assert_eq!(at_once(&app, &people).await, signed_in(&people));
    assert!(stub.calls() <= MANY / 5, "{} calls for {MANY} people", stub.calls());
    let asked = stub.asked();
    let together: Vec<_> = asked.iter().filter(|asked| is_together(asked)).collect();
    assert!(!together.is_empty() && together.iter().all(|asked| asked.method == "POST" && names(asked).len() <= 64), "{asked:?}");
}

#[tokio::test]
async fn who_comes_alone_is_asked_for_by_name() {
    let stub = Stub::start(everybody);
    let app = by_name(&stub).await;
    for name in &many()[..5] {
        assert_eq!(sign_in(&app, name).await, format!("200 user:default/{name}"));
    }
    assert!(!stub.asked().iter().any(is_together));
}

#[tokio::test]
async fn nobody_is_found_where_the_catalog_has_nobody() {
    let stub = late_at_first(5, everybody);
    let people: Vec<_> = (0..MANY).map(|nth| format!("{}{nth}", if nth % 3 == 0 { "nobody" } else { "u" })).collect();
    for (name, answer) in people.iter().zip(at_once(&by_name(&stub).await, &people).await) {
        assert_eq!(answer, if name.starts_with('u') { format!("200 user:default/{name}") } else { NOBODY.to_owned() });
    }
    assert!(stub.asked().iter().any(is_together));
}

/// Whatever is wrong with a call for many, each of them has what they would have had alone.
#[tokio::test]
async fn a_call_for_many_that_settles_nothing_is_made_by_name() {
    let wrong: [fn(&Asked) -> Reply; 8] = [
        |_| Reply::Json(404, "{}".into()),
        |_| Reply::Json(500, "{}".into()),
        |_| Reply::Json(200, "[]".into()),
        |_| Reply::Json(200, json!({ "items": [] }).to_string()),
        |asked| items(asked, |_| user("u0")),
        |asked| items(asked, |name| if name == "u7" { json!({ "kind": "User" }) } else { user(name) }),
        |asked| items(asked, |name| json!({ "kind": "Group", "metadata": { "name": name } })),
        |_| Reply::Raw(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec()),
    ];
    for (nth, wrong) in wrong.into_iter().enumerate() {
        let stub = late_at_first(5, move |asked| if is_together(asked) { wrong(asked) } else { everybody(asked) });
        let people = many();
        assert_eq!(at_once(&by_name(&stub).await, &people).await, signed_in(&people), "{nth}");
        assert!(stub.asked().iter().any(is_together), "{nth}");
    }
}

#[tokio::test]
async fn a_catalog_that_is_gone_is_not_asked_once_more_for_each_of_them() {
    let stub = late_at_first(5, |asked| if is_together(asked) { Reply::Close } else { everybody(asked) });
    let answers = at_once(&by_name(&stub).await, &many()).await;
    assert!(answers.iter().all(|answer| answer.starts_with("200") || answer.starts_with("503")), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.starts_with("503")) && stub.calls() < MANY / 5, "{} calls: {answers:?}", stub.calls());
}

#[tokio::test]
async fn a_call_that_hangs_keeps_no_others_waiting() {
    let stub = Stub::start(|asked| if name_of(asked) == "u0" { Reply::Hang } else { everybody(asked) });
    let app = Arc::new(App::start(&config(stub.address, BY_NAME, "timeout: 20 s, cache: { ttl: 0 }", "limits: { timeout: 20 s }")).await);
    let hanging = {
        let app = Arc::clone(&app);
        tokio::spawn(async move { sign_in(&app, "u0").await })
    };
    while stub.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let people = many().split_off(1);
    assert_eq!(at_once(&app, &people).await, signed_in(&people));
    assert!(!hanging.is_finished());
    hanging.abort();
}

#[tokio::test]
async fn who_goes_away_takes_nobody_along() {
    let stub = late_at_first(50, everybody);
    let (app, people) = (by_name(&stub).await, many());
    // The one whose call is under way, and half of those who would have waited for it.
    tokio::time::timeout(Duration::from_millis(5), at_once(&app, &people[..MANY / 2])).await.unwrap_err();
    assert_eq!(at_once(&app, &people[MANY / 2..]).await, signed_in(&people[MANY / 2..]));
    assert_eq!(sign_in(&app, "u0").await, "200 user:default/u0", "and whoever comes alone afterwards");
}
