//! `groups`: read from files and over HTTP alike, checked against what was asked, and within the look-ups of a sign-in.

mod over_http;

use serde_json::{Value, json};
use stagedoor::catalog::file::{CatalogLocation, FileCatalog};
use stagedoor::domain::{entity_ref::EntityRef, query::UserQuery};
use stagedoor_tests::{
    App, fixture,
    guests::{Chain, Door},
    stub::{Asked, Reply, Stub},
};

use super::{claims::claims, group_bounds, owned, refused};

const ORGANISATION: &str = "../contract/organisation.yaml";

/// A server over the organisation, whichever way it is read.
struct Server {
    app: App,
    stub: Option<Stub>,
}

/// The same chain over files and over HTTP.
async fn both(chain: Chain) -> [Server; 2] {
    let files = Server { app: App::start(&over_files(&chain)).await, stub: None };
    [files, over_stub(&chain, organisation()).await]
}

fn over_files(chain: &Chain) -> String {
    let mut config: Value = serde_json::from_str(&chain.config()).unwrap();
    config["catalog"]["locations"][0]["target"] = fixture(ORGANISATION).to_str().into();
    config.to_string()
}

async fn over_stub(chain: &Chain, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
    let stub = Stub::start(answer);
    let mut config: Value = serde_json::from_str(&chain.config()).unwrap();
    config["discovery"]["endpoints"] = json!([{ "target": format!("http://{}/api/{{{{pluginId}}}}", stub.address), "plugins": ["*"] }]);
    config["stagedoor"]["catalog"] = json!({ "source": "backstage", "cache": { "ttl": 0 } });
    Server { app: App::start(&config.to_string()).await, stub: Some(stub) }
}

/// A catalog that answers with the organisation, and to a filter with every group there is.
fn organisation() -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
    let file = fixture(ORGANISATION);
    let location = CatalogLocation { target: file.display().to_string(), origin: file.clone(), named_by: "test".into() };
    let catalog = FileCatalog::load(vec![location], file.parent().unwrap().to_owned()).unwrap();
    let all = ["org", "dept", "team-a", "team-b", "ops/dept", "ops/short", "half", "full", "ring-1", "ring-2", "ring-3", "orphan"];
    move |asked| {
        let refs = |texts: &[&str]| texts.iter().map(|text| EntityRef::parse(text, "group", "default").unwrap()).collect::<Vec<_>>();
        let json = |refs: &[EntityRef]| {
            let entities = catalog.groups_of(refs);
            entities.iter().map(|group| group.as_ref().map_or("null".into(), |group| group.json.clone())).collect::<Vec<_>>().join(",")
        };
        if asked.target.ends_with("/entities/by-refs") {
            assert_eq!((asked.method.as_str(), asked.headers.iter().any(|line| line == "content-type: application/json")), ("POST", true));
            let body: Value = serde_json::from_str(&asked.body).unwrap();
            let asked: Vec<_> = body["entityRefs"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
            Reply::Json(200, format!("{{\"items\":[{}]}}", json(&refs(&asked))))
        } else if asked.target.contains("filter=") {
            Reply::Json(200, format!("[{}]", json(&refs(&all))))
        } else {
            let name = asked.target.rsplit('/').next().unwrap();
            match catalog.find(&UserQuery::entity_ref("user", "default", name).unwrap()) {
                Ok(Some(user)) => Reply::Json(200, user.json.clone()),
                _ => Reply::Json(404, "{}".into()),
            }
        }
    }
}

fn reader() -> Chain {
    Chain::of("groups").grants(json!({ "groups": "grant" }))
}

/// What the guest shows.
async fn shown(app: &App, headers: &[(&str, &str)]) -> String {
    let answer = app.refresh(&[&[("x-forwarded-user", "alice")], headers].concat()).await;
    answer.json()["profile"]["displayName"].as_str().map_or_else(|| format!("{answer:?}"), str::to_owned)
}

/// Names with `|` between them as refs in the header of the guest.
fn refs(names: &str) -> String {
    names.split('|').map(|name| if name.contains(':') { name.to_owned() } else { format!("group:default/{name}") }).collect::<Vec<_>>().join("|")
}

#[tokio::test]
async fn groups_are_told_in_the_order_in_which_they_were_asked_for() {
    for Server { app, .. } in both(reader()).await {
        for (asked, told) in [
            ("team-a", "group:default/team-a [Team A] < group:default/dept"),
            (
                "team-b|gone|DEPT|org",
                "group:default/team-b < group:default/dept; -; group:default/dept [Dept] < group:default/org; group:default/org",
            ),
            (
                "group:ops/dept|dept|dept",
                "group:ops/dept [Operations]; group:default/dept [Dept] < group:default/org; group:default/dept [Dept] < group:default/org",
            ),
            // Nobody can bear these, so nobody is asked for them.
            ("a,b|group:a/b/c|group:default/|org|\u{212a}", "-; -; -; group:default/org; -"),
        ] {
            assert_eq!(shown(&app, &[("x-refs", &refs(asked))]).await, told);
        }
        assert_eq!(shown(&app, &[]).await, "", "none are asked for");
    }
}

/// Row 14.4 of what real resolvers do: a parent as `dept`, `ops/dept` and `group:ops/dept`.
#[tokio::test]
async fn a_short_parent_is_completed_as_the_catalog_does() {
    for Server { app, .. } in both(reader()).await {
        for (name, parent) in
            [("team-a", "default/dept"), ("group:ops/short", "ops/dept"), ("half", "ops/dept"), ("full", "ops/dept"), ("orphan", "default/gone")]
        {
            assert!(shown(&app, &[("x-refs", &refs(name))]).await.ends_with(&format!(" < group:{parent}")), "{name}");
        }
    }
}

#[tokio::test]
async fn a_filter_finds_groups_and_nothing_else() {
    let names = |shown: String| shown.split("; ").map(|one| one.split(' ').next().unwrap().replace("group:", "")).collect::<Vec<_>>().join(" ");
    for Server { app, .. } in both(reader()).await {
        for (filter, found) in [
            ("spec.type=department", "default/dept ops/dept"),
            ("kind=GROUP|SPEC.type=Ring|metadata.name=ring-2", "default/ring-2"),
            ("spec.type=organization||spec.type=ring", "default/org default/ring-1 default/ring-2 default/ring-3"),
            ("relations.hasMember=user:default/alice", "default/team-a"),
            ("relations.childOf=group:default/dept", "default/team-a default/team-b"),
            ("metadata.annotations.corp.example/slash=a/b", "default/dept"),
            ("spec.profile.displayName=team a", "default/team-a"),
            ("metadata.name=alice", ""),
            ("metadata.name=team-a|metadata.name=team-b", ""),
            ("metadata.name=x,kind=user", ""),
            ("metadata.name=x&filter=kind=user", ""),
        ] {
            assert_eq!(names(shown(&app, &[("x-filter", filter)]).await), found, "{filter}");
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_input_and_asks_nobody() {
    let app = App::start(&over_files(&reader())).await;
    let kinds = "Invalid filter for groups: only entities of kind group can be looked up";
    for (header, value, message) in [
        ("x-filter", "kind=user|metadata.name=alice", kinds),
        ("x-filter", "kind=group|KIND=User|metadata.name=alice", kinds),
        ("x-filter", "metadata.name=team-a||kind=Component|metadata.name=x", kinds),
        ("x-filter", "kind=group", "Invalid filter for groups"),
        ("x-filter", "nothing", "Invalid filter for groups"),
        ("x-filter", "spec.type=", "Invalid filter for groups"),
        ("x-refs", "group:default/team-a|user:default/alice", "Only entities of kind group can be looked up as groups"),
        ("x-count", "101", "More than 100 groups were asked for at once"),
    ] {
        let headers = [("x-forwarded-user", "alice"), (header, value)];
        assert_eq!(refused(&app.refresh(&headers).await), (400, "InputError".into(), message.into()), "{value}");
        let (_, record) = Door::of(&app).await.sign_in(&headers).await;
        assert_eq!((record.blame, record.attempts[0].look_ups.join(" ").as_str()), (Some("guest"), "entity-ref=1"));
    }
    for headers in [[("x-refs", "user:default/alice"), ("x-depth", "2")], [("x-count", "1001"), ("x-depth", "0")]] {
        assert_eq!(refused(&app.refresh(&[&[("x-forwarded-user", "alice")], &headers[..]].concat()).await).0, 400);
    }
    assert_eq!(shown(&app, &[("x-count", "100")]).await, ["-"; 100].join("; "));
}

/// Rows 14.1 to 14.3: each once and nearest first, a cycle ends, and so does a branch whose group is missing.
#[tokio::test]
async fn ancestors_are_each_found_once_and_the_nearest_first() {
    for Server { app, stub } in both(reader()).await {
        let door = Door::of(&app).await;
        for (asked, depth, found, look_ups) in [
            ("team-a", "9", "team-a dept org", "groups=1 groups=1 groups=1"),
            ("team-a|team-b|team-a", "4294967295", "team-a team-b dept org", "groups=2 groups=1 groups=1"),
            ("team-a", "1", "team-a dept", "groups=1 groups=1"),
            ("team-a", "0", "team-a", "groups=1"),
            ("ring-2", "9", "ring-2 ring-3 ring-1", "groups=1 groups=1 groups=1"),
            ("orphan|no-such-group|team-b", "9", "orphan team-b dept org", "groups=2 groups=1 groups=1"),
            ("a,b", "9", "", ""),
        ] {
            let headers = [("x-forwarded-user", "alice"), ("x-refs", &refs(asked)), ("x-depth", depth)];
            let calls = stub.as_ref().map_or(0, Stub::calls);
            let (result, record) = door.sign_in(&headers).await;
            let shown = result.unwrap().profile.display_name.unwrap();
            let names: Vec<_> = shown.split("; ").map(|one| one.split(' ').next().unwrap().replace("group:default/", "")).collect();
            assert_eq!((names.join(" ").as_str(), record.attempts[0].look_ups[1..].join(" ").as_str()), (found, look_ups));
            if let Some(stub) = &stub {
                assert_eq!(stub.calls() - calls, record.attempts[0].look_ups.len(), "one question for each level");
            }
        }
    }
}

/// Somebody in more groups than one question can be about.
#[tokio::test]
async fn each_hundred_of_a_level_is_a_question_of_its_own() {
    for Server { app, .. } in both(reader()).await {
        let refs =
            format!("group:default/team-a|{}|group:default/team-b", refs(&(0..248).map(|nth| format!("no-{nth}")).collect::<Vec<_>>().join("|")));
        let (result, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "alice"), ("x-refs", &refs), ("x-depth", "9")]).await;
        let found = "group:default/team-a [Team A] < group:default/dept; group:default/team-b < group:default/dept; group:default/dept [Dept] < group:default/org; group:default/org";
        assert_eq!(result.unwrap().profile.display_name.as_deref(), Some(found));
        assert_eq!(record.attempts[0].look_ups.join(" "), "entity-ref=1 groups=1 groups=0 groups=1 groups=1 groups=1");
    }
}

#[tokio::test]
async fn each_level_is_a_look_up_of_the_sign_in() {
    let climb = [("x-forwarded-user", "alice"), ("x-refs", "group:default/team-a"), ("x-depth", "9")];
    for (look_ups, status) in [(4, 200), (3, 500)] {
        let app = App::start(&over_files(&reader().limit("catalogLookups", look_ups))).await;
        assert_eq!(app.refresh(&[&climb[..], &[("x-swallow", "yes")]].concat()).await.status, status, "it cannot be swallowed");
    }
}

fn above() -> Chain {
    Chain::of("above").grants(json!({ "groups": "grant", "add-ownership": { "kinds": ["group"], "namespaces": [".*"], "names": [".*"] }, "add-token-claims": { "claims": ["groups"] } }))
}

/// Rows 14.1 to 14.3 as a resolver gives them out.
#[tokio::test]
async fn a_resolver_lets_people_own_what_is_above_them() {
    for Server { app, .. } in both(above()).await {
        for (user, levels, owns) in [
            ("alice", "9", vec!["team-a", "dept", "org"]),
            ("alice", "1", vec!["team-a", "dept"]),
            ("bob", "2", vec!["team-b", "dept", "org"]),
            ("ringo", "9", vec!["ring-1", "ring-2", "ring-3"]),
            ("oliver", "9", vec!["no-such-group", "orphan", "gone"]),
            ("olga", "9", vec!["full", "half", "ops/short", "ops/dept"]),
        ] {
            let answer = app.refresh(&[("x-forwarded-user", user), ("x-levels", levels)]).await;
            let full = owns.iter().map(|name| if name.contains('/') { format!("group:{name}") } else { format!("group:default/{name}") });
            let full: Vec<_> = std::iter::once(format!("user:default/{user}")).chain(full).collect();
            assert_eq!(owned(&answer), json!(full), "{answer:?}");
        }
    }
}

/// Rows 11.1 and 11.2: display names in the token; without one, or of a group that the catalog does not have, nothing.
#[tokio::test]
async fn a_resolver_tells_the_token_the_names_of_groups() {
    for Server { app, .. } in both(above()).await {
        for (user, parents, groups) in
            [("alice", false, json!(["Team A"])), ("alice", true, json!(["Dept:Team A"])), ("bob", false, json!([])), ("oliver", true, json!([]))]
        {
            let headers = [("x-forwarded-user", user), ("x-parents", "yes")];
            let answer = app.refresh(if parents { &headers } else { &headers[..1] }).await;
            let claims: Value = serde_json::from_str(&claims(&answer)).unwrap();
            assert_eq!(claims["groups"], groups, "{user}");
        }
    }
}

#[tokio::test]
async fn the_bounds_of_ownership_hold_for_what_was_climbed_to() {
    let chain =
        Chain::of("above").grants(json!({ "groups": "grant", "add-ownership": group_bounds(), "add-token-claims": { "claims": ["groups"] } }));
    let app = App::start(&over_files(&chain)).await;
    assert_eq!(
        owned(&app.refresh(&[("x-forwarded-user", "alice"), ("x-levels", "9")]).await).as_array().unwrap().len(),
        4,
        "dept and org are within"
    );
    let (status, name, _) = refused(&app.refresh(&[("x-forwarded-user", "olga"), ("x-levels", "9")]).await);
    assert_eq!((status, name.as_str()), (403, "NotAllowedError"), "ops/dept is in no namespace of the bounds");
}
