//! `tables`: what the operator keeps beside the configuration, as it is when a sign-in begins.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use stagedoor::{generation::stage::Step, serve::StartError};
use stagedoor_tests::{
    Answer, App,
    guests::{Chain, Door},
    stub::{Reply, Stub},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{owned, refused};

/// Table files of one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write("allowed.yaml", "roles: [admins, viewers]\n");
        files.write("map.csv", "group,role\nad-1,developer\nad-2,operator,developer\n");
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// As one should: whole, by renaming.
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("next"), text).unwrap();
        fs::rename(self.path("next"), self.path(name)).unwrap();
    }

    fn tables(&self) -> Value {
        json!({ "allowed": { "source": self.path("allowed.yaml") }, "map": { "source": self.path("map.csv"), "header": true } })
    }
}

fn roles(tables: Value) -> Chain {
    let any = json!({ "kinds": ["group"], "namespaces": ["default"], "names": [".*"] });
    Chain::of("roles").grants(json!({ "add-ownership": any })).section("tables", tables)
}

async fn sign_in(app: &App, roles: &str, map: bool) -> Answer {
    let headers = [("x-forwarded-user", "loner"), ("x-roles", roles), ("x-map", "map")];
    app.refresh(if map { &headers } else { &headers[..2] }).await
}

/// The groups that somebody owns besides themselves.
fn groups(answer: &Answer) -> String {
    let owned = owned(answer);
    let owned = owned.as_array().unwrap_or_else(|| panic!("{answer:?}")).iter().skip(1);
    owned.map(|group| group.as_str().unwrap().replace("group:default/", "")).collect::<Vec<_>>().join(" ")
}

/// Rows 9.1 to 9.3 of what real resolvers do.
#[tokio::test]
async fn roles_come_from_a_list_or_through_a_mapping() {
    let files = Files::new();
    let app = roles(files.tables()).start().await;
    for (given, map, found) in [
        ("viewers,x,admins", false, "admins viewers"),
        ("viewers", false, "viewers"),
        ("ad-2,ad-1,ad-9", true, "operator developer"),
        ("ad-1,ad-2", true, "developer operator"),
    ] {
        assert_eq!(groups(&sign_in(&app, given, map).await), found);
    }
    for (given, map) in [("x", false), ("", false), ("Viewers", false), ("ad-9", true), ("group", true), ("developer", true)] {
        assert_eq!(refused(&sign_in(&app, given, map).await), (403, "NotAllowedError".into(), "You have no role in Backstage".into()), "{given}");
    }
}

#[tokio::test]
async fn the_record_names_the_tables_that_were_looked_into() {
    let files = Files::new();
    let app = roles(files.tables()).start().await;
    let (_, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "loner"), ("x-roles", "ad-1,ad-2"), ("x-map", "map")]).await;
    let known = app.wired.tables.names();
    assert_eq!(known.iter().map(|(name, _, keys)| (name.as_str(), *keys)).collect::<Vec<_>>(), [("allowed", 1), ("map", 2)]);
    assert_eq!(record.attempts[0].tables, [("map".to_owned(), known[1].1.clone())], "once, whatever was asked");
    assert_eq!(known[1].1.len(), 12);
}

#[tokio::test]
async fn a_table_that_is_not_configured_ends_the_component() {
    let files = Files::new();
    let app = roles(files.tables()).start().await;
    let headers = [("x-forwarded-user", "loner"), ("x-roles", "ad-1"), ("x-map", "maps")];
    assert_eq!(app.refresh(&headers).await.error().as_deref(), Some("resolver-trapped"));
    let (_, record) = Door::of(&app).await.sign_in(&headers).await;
    assert_eq!(record.cause.as_deref(), Some("the component looked into the table \"maps\", which is not configured"));
    assert_eq!(record.attempts[0].tables, []);
}

#[tokio::test]
async fn a_component_that_names_a_table_which_is_not_there_is_not_loaded() {
    let files = Files::new();
    let chain = |tables: Value| Chain::of("names_tables").section("tables", tables);
    for (tables, missing) in [(json!({}), r#""roles", "logins""#), (json!({ "roles": { "source": files.path("allowed.yaml") } }), r#""logins""#)] {
        let refusal = chain(tables).refusal().await;
        let text = refusal.to_string();
        let StartError::Stage(errors) = refusal else { panic!("{text}") };
        assert_eq!((errors.len(), errors[0].step), (1, Step::Link));
        assert!(text.contains(&format!("it looks into tables that are not configured: {missing}; write them below stagedoor.tables")), "{text}");
    }
    let table = json!({ "source": files.path("allowed.yaml") });
    chain(json!({ "roles": table, "logins": table })).start().await;
}

#[tokio::test]
async fn every_table_that_cannot_be_read_is_told_before_anybody_signs_in() {
    let files = Files::new();
    files.write("broken.json", r#"{ "a": 7 }"#);
    let stub = Stub::start(|_| Reply::Json(404, "{}".into()));
    let refusal = roles(json!({
        "broken": { "source": files.path("broken.json") },
        "fine": { "source": files.path("allowed.yaml") },
        "gone": { "source": files.path("gone.csv") },
        "large": { "source": files.path("map.csv"), "maxSize": 10 },
        "url": { "source": format!("http://{}/roles.yaml?password=hunter2", stub.address) },
    }))
    .refusal()
    .await;
    let text = refusal.to_string();
    assert!(matches!(refusal, StartError::Tables(_)) && !text.contains("hunter2"), "{text}");
    let directory = format!("{}/", files.0.path().display());
    insta::assert_snapshot!(text.replace(&directory, ""), @r#"
    app-config.yaml: stagedoor.tables.broken: broken.json: key "a": expected a text: put it in quotes
    app-config.yaml: stagedoor.tables.gone: gone.csv does not exist
    app-config.yaml: stagedoor.tables.large: it is larger than the 10 bytes of its maxSize
    app-config.yaml: stagedoor.tables.url: the URL answers with the status 404
    "#);
}

/// Waits for a table that has another revision than this one.
async fn another_revision(app: &App, than: &str) -> String {
    for _ in 0..400 {
        let (_, revision, _) = app.wired.tables.names().remove(0);
        if revision != than {
            return revision;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the table is still {than}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_may_change_while_people_sign_in() {
    let files = Files::new();
    let app = Arc::new(roles(json!({ "allowed": { "source": files.path("allowed.yaml") } })).start().await);
    let stop = CancellationToken::new();
    app.wired.tables.tend(&stop);
    let first = another_revision(&app, "").await;
    let done = Arc::new(AtomicBool::new(false));
    let signing_in = tokio::spawn({
        let (app, done) = (Arc::clone(&app), Arc::clone(&done));
        async move {
            let mut seen: Vec<String> = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let found = groups(&sign_in(&app, "admins,viewers,editors", false).await);
                if seen.last() != Some(&found) {
                    seen.push(found);
                }
            }
            seen
        }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    files.write("allowed.yaml", "roles: [editors, admins]\n");
    let second = another_revision(&app, &first).await;
    files.write("allowed.yaml", "roles: [\n");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(app.wired.tables.names()[0].1, second, "while it is broken, the last good one counts");
    fs::remove_file(files.path("allowed.yaml")).unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(app.wired.tables.names()[0].1, second);
    files.write("allowed.yaml", "roles: viewers\n");
    another_revision(&app, &second).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    done.store(true, Ordering::Relaxed);
    assert_eq!(signing_in.await.unwrap(), ["admins viewers", "editors admins", "viewers"], "each sign-in saw one edition, whole");
    stop.cancel();
}

/// What the URL answers, and how often it was asked.
#[derive(Clone)]
struct Page(Arc<Mutex<Reply>>);

impl Page {
    fn new(body: &str, etag: &str) -> Self {
        Self(Arc::new(Mutex::new(Self::ok(body, etag))))
    }

    fn ok(body: &str, etag: &str) -> Reply {
        Reply::Raw(format!("HTTP/1.1 200 OK\r\netag: {etag}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    fn becomes(&self, reply: Reply) {
        *self.0.lock().unwrap() = reply;
    }
}

/// Waits until the URL was asked so many more times.
async fn asked(stub: &Stub, more: usize) {
    let before = stub.calls();
    for _ in 0..400 {
        if stub.calls() >= before + more {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is not asked any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_url_is_asked_again_and_sends_only_what_has_changed() {
    let page = Page::new("roles,admins", "\"one\"");
    let stub = Stub::start({
        let page = page.clone();
        move |asked| {
            let reply = page.0.lock().unwrap().clone();
            let known = asked.headers.iter().find_map(|line| line.strip_prefix("if-none-match: "));
            match (&reply, known) {
                (Reply::Raw(bytes), Some(known)) if String::from_utf8_lossy(bytes).contains(&format!("etag: {known}\r\n")) => {
                    Reply::Raw(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())
                }
                _ => reply,
            }
        }
    });
    let url = format!("http://{}/tables/allowed", stub.address);
    let app =
        roles(json!({ "allowed": { "source": url, "format": "csv", "refresh": "1 s", "timeout": "500 ms", "maxSize": "1 KiB" } })).start().await;
    assert_eq!(stub.calls(), 1);
    let stop = CancellationToken::new();
    app.wired.tables.tend(&stop);
    let first = another_revision(&app, "").await;
    asked(&stub, 2).await;
    assert!(stub.asked()[1..].iter().all(|asked| asked.headers.contains(&"if-none-match: \"one\"".to_owned())));
    assert!(
        stub.asked().iter().all(|asked| asked.target == "/tables/allowed" && asked.headers.iter().all(|line| !line.starts_with("authorization")))
    );
    assert_eq!(another_revision(&app, "").await, first);

    page.becomes(Page::ok("roles,viewers", "\"two\""));
    let second = another_revision(&app, &first).await;
    assert_eq!(groups(&sign_in(&app, "admins,viewers", false).await), "viewers");

    // An outage, nonsense, too much, a redirect: the last good table counts, and what made no sense is asked for again.
    for reply in [
        Reply::Close,
        Reply::Json(503, "{}".into()),
        Reply::Hang,
        Page::ok("<html>", "\"three\""),
        Page::ok(&"x,y\n".repeat(300), "\"four\""),
        Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nroles,admins".to_vec()),
        Reply::Raw(b"HTTP/1.1 302 Found\r\nlocation: /tables/allowed\r\ncontent-length: 0\r\n\r\n".to_vec()),
        Reply::Json(404, "{}".into()),
    ] {
        page.becomes(reply.clone());
        asked(&stub, 2).await;
        assert_eq!(another_revision(&app, "").await, second, "{reply:?}");
        assert_eq!(groups(&sign_in(&app, "admins,viewers", false).await), "viewers");
        assert!(stub.asked().pop().unwrap().headers.contains(&"if-none-match: \"two\"".to_owned()));
    }
    page.becomes(Page::ok("roles,admins", "\"five\""));
    assert_eq!(another_revision(&app, &second).await, first, "the same text is the same revision");
    stop.cancel();
}
