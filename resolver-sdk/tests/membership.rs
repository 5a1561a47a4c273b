//! Memberships are asked page by page, inside of one service; whoever could not be asked said neither yes nor no.

use resolver_sdk::testing::{FakeContext, FakeHttp};
use resolver_sdk::{Error, ErrorName, Membership, Organisations};
use serde_json::{Value, json};

const GITHUB: &str = "https://api.github.com/user/orgs?per_page=100";
const GITLAB: &str = "https://gitlab.com/api/v4/groups?min_access_level=10&per_page=100";
const GRAPH: &str = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$select=id&$top=999";

fn door() -> FakeContext {
    let places = ["https://api.github.com/", "https://gitlab.com/api/v4/", "https://graph.microsoft.com/v1.0/", "https://evil.example/"];
    FakeContext::new().grant_http_client(places.map(|url| ("GET", url)), ["user"])
}

fn corp() -> Organisations {
    Organisations::try_from(vec!["corp".to_owned()]).unwrap()
}

fn github(ctx: &FakeContext) -> Result<bool, ErrorName> {
    Membership::github("user").is_in(ctx, &corp()).map_err(|error| error.name())
}

fn answers(body: Value) -> FakeContext {
    door().with_http(FakeHttp::get(GITHUB).json(body))
}

#[test]
fn case_does_not_matter_and_a_part_is_not_the_whole() {
    for (login, expected) in
        [("corp", true), ("Corp", true), ("CORP", true), ("corp2", false), ("evil-corp", false), ("", false), ("\u{441}orp", false)]
    {
        assert_eq!(github(&answers(json!([{ "login": "other" }, { "login": login }]))), Ok(expected), "{login}");
    }
    assert_eq!(github(&answers(json!([]))), Ok(false));
}

#[test]
fn nobody_is_no_member_and_whoever_does_not_answer_said_nothing() {
    let status = |status| github(&door().with_http(FakeHttp::get(GITHUB).status(status).json(json!([{ "login": "corp" }]))));
    assert_eq!(status(404), Ok(false));
    for fault in [401, 403, 429, 500, 502, 503] {
        assert_eq!(status(fault), Err(ErrorName::ServiceUnavailable), "{fault}");
    }
    assert_eq!(github(&door().with_http(FakeHttp::get(GITHUB).unreachable())), Err(ErrorName::ServiceUnavailable));
    for odd in [json!({ "login": "corp" }), json!(["corp"]), json!([{ "name": "corp" }]), json!(null)] {
        assert_eq!(github(&answers(odd.clone())), Err(ErrorName::ServiceUnavailable), "{odd}");
    }
    assert_eq!(github(&door().with_http(FakeHttp::get(GITHUB).body("<html>"))), Err(ErrorName::ServiceUnavailable));
}

#[test]
fn without_a_token_nobody_is_asked() {
    let ctx = door().with_credential_fault("user", Error::authentication("The request has no token"));
    assert_eq!(github(&ctx), Err(ErrorName::Authentication));
    assert!(ctx.requests().is_empty());
}

#[test]
fn no_further_page_is_read_than_it_takes() {
    let next = |page: u32| format!("<https://api.github.com/user/orgs?per_page=100&page={page}>; rel=\"next\"");
    let page = |number: u32, login: &str| FakeHttp::get(&format!("{GITHUB}&page={number}")).json(json!([{ "login": login }]));
    let fresh = || {
        door()
            .with_http(FakeHttp::get(GITHUB).header("link", &next(2)).json(json!([{ "login": "a" }])))
            .with_http(page(2, "Corp").header("link", &next(3)))
            .with_http(page(3, "c"))
    };
    let ctx = fresh();
    assert_eq!((github(&ctx), ctx.requests().len()), (Ok(true), 2));
    let groups = Membership::github("user").groups(&fresh()).unwrap();
    assert_eq!(groups.names(), ["a", "Corp", "c"]);
    assert_eq!(corp().among(&groups).names(), ["Corp"]);
}

#[test]
fn no_answer_leads_the_credential_elsewhere() {
    for next in ["https://evil.example/orgs", "https://api.github.com.evil.example/orgs", "http://api.github.com/user/orgs", "/user/orgs?page=2", ""]
    {
        let ctx = door().with_http(FakeHttp::get(GITHUB).header("link", &format!("<{next}>; rel=next")).json(json!([])));
        assert_eq!((github(&ctx), ctx.requests().len()), (Err(ErrorName::ServiceUnavailable), 1), "{next}");
    }
}

#[test]
fn a_list_without_an_end_is_no_answer() {
    let ctx = door().with_http(FakeHttp::get(GITHUB).header("link", &format!("<{GITHUB}>; rel=next")).json(json!([])));
    assert_eq!((github(&ctx), ctx.requests().len()), (Err(ErrorName::ServiceUnavailable), 4));
}

#[test]
fn gitlab_names_groups_by_their_full_path() {
    let groups = json!([{ "id": 7, "name": "corp", "path": "corp", "full_path": "evil/corp" }, { "full_path": "Corp/Team" }]);
    let ctx = door().with_http(FakeHttp::get(GITLAB).json(groups));
    let is_in = |path: &str| Membership::gitlab("user").is_in(&ctx.clone(), &Organisations::try_from(vec![path.to_owned()]).unwrap());
    assert_eq!((is_in("corp/team"), is_in("corp"), is_in("evil/corp")), (Ok(true), Ok(false), Ok(true)));
}

#[test]
fn graph_names_groups_by_their_id_and_goes_on_by_its_own_link() {
    let next = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$skiptoken=x";
    let role = json!({ "@odata.type": "#microsoft.graph.directoryRole", "id": "corp" });
    let first = json!({ "value": [role, { "@odata.type": "#microsoft.graph.group", "id": "b", "displayName": "corp" }], "@odata.nextLink": next });
    let ctx = door().with_http(FakeHttp::get(GRAPH).json(first));
    let with = |id: &str| {
        let last = json!({ "value": [{ "@odata.type": "#microsoft.graph.group", "id": id }] });
        Membership::microsoft_graph("user").is_in(&ctx.clone().with_http(FakeHttp::get(next).json(last)), &corp())
    };
    assert_eq!((with("CORP"), with("x")), (Ok(true), Ok(false)));
}

#[test]
fn another_address_is_the_same_service() {
    let ghe = "https://ghe.corp.example/api/v3";
    let answer = FakeHttp::get(&format!("{ghe}/user/orgs?per_page=100")).json(json!([{ "login": "corp" }]));
    let ctx = FakeContext::new().grant_http_client([("GET", "https://ghe.corp.example/api/v3/")], ["user"]).with_http(answer);
    assert_eq!(Membership::github("user").at(&format!("{ghe}/")).is_in(&ctx, &corp()), Ok(true));
}

#[test]
fn everybody_or_nobody_is_no_organisation() {
    for names in [json!([]), json!([""]), json!(["*"]), json!(["corp", " "]), json!("corp"), json!(null)] {
        assert!(serde_json::from_value::<Organisations>(names.clone()).is_err(), "{names}");
    }
}
