//! A catalog that is down, slow or of two minds: never a reason to fall back, and never the guest's fault.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use stagedoor::{
    domain::{entity_ref::EntityRef, error::ErrorName, group::Group, group_filter::GroupFilter, query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
    },
};
use stagedoor_tests::guests::{Chain, Door};

use super::{fallback_bounds, issue_self_bounds, refused};

const ZED: [(&str, &str); 1] = [("x-forwarded-user", "zed")];

struct Down;

impl Catalog for Down {
    fn find_user<'a>(&'a self, _query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(async { Err(CatalogError::Unavailable("connection refused".into())) })
    }

    fn groups<'a>(&'a self, _refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(async { Err(CatalogError::Unavailable("connection refused".into())) })
    }

    fn find_groups<'a>(&'a self, _filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(async { Err(CatalogError::Unavailable("connection refused".into())) })
    }
}

/// Never answers while it hangs.
#[derive(Default)]
struct Hanging(AtomicBool);

impl Catalog for Hanging {
    fn find_user<'a>(&'a self, _query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(async {
            if self.0.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            Ok(None)
        })
    }

    fn groups<'a>(&'a self, _refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(std::future::pending())
    }

    fn find_groups<'a>(&'a self, _filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(std::future::pending())
    }
}

fn fallback() -> Chain {
    Chain::of("fallback").grants(json!({ "fallback": fallback_bounds() }))
}

#[tokio::test]
async fn a_conflict_is_not_rescued() {
    let app = fallback().start().await;
    let refusal = refused(&app.refresh(&[("x-forwarded-user", "zed"), ("x-forwarded-email", "twin@corp.example")]).await);
    assert_eq!(refusal, (409, "ConflictError".into(), "User lookup resulted in multiple matches".into()));
}

#[tokio::test]
async fn an_outage_is_not_rescued() {
    let app = fallback().then_known("fallback").start().await;
    let (result, record) = Door::with_catalog(&app, Arc::new(Down)).await.sign_in(&ZED).await;
    let error = result.unwrap_err();
    assert_eq!((error.name, error.status(), error.retryable), (ErrorName::ServiceUnavailable, 503, true));
    assert_eq!((record.attempts.len(), record.blame), (1, Some("upstream")), "it does not move on either");
    assert_eq!(record.attempts[0].look_ups, ["entity-ref=failed"]);
    assert_eq!(error.message, "The catalog could not be asked", "the cause is not for the client");
    assert_eq!(record.cause.as_deref(), Some("connection refused"));
}

#[tokio::test]
async fn unless_in_catalog_gives_out_no_name_while_the_catalog_is_down() {
    let issue_self = |unless| Chain::of("issue_self").grants(json!({ "issue-self": issue_self_bounds(unless) }));
    let app = issue_self(true).start().await;
    let (result, _) = Door::with_catalog(&app, Arc::new(Down)).await.sign_in(&ZED).await;
    assert_eq!(result.unwrap_err().name, ErrorName::ServiceUnavailable);
    let app = issue_self(false).start().await;
    let (result, record) = Door::with_catalog(&app, Arc::new(Down)).await.sign_in(&ZED).await;
    assert_eq!((result.unwrap().user.as_str(), record.attempts[0].look_ups.len()), ("user:default/zed", 0), "which asks nobody");
}

#[tokio::test]
async fn a_catalog_that_hangs_ends_with_the_deadline_and_is_to_blame() {
    let app = fallback().limit("timeout", "200 ms").start().await;
    let catalog = Arc::new(Hanging(AtomicBool::new(true)));
    let door = Door::with_catalog(&app, Arc::clone(&catalog) as Arc<dyn Catalog>).await;
    let (result, record) = door.sign_in(&ZED).await;
    assert_eq!(result.unwrap_err().status(), 503);
    assert_eq!((record.outcome, record.blame), ("resolver-timeout", Some("upstream")));
}

/// The client goes away while the host waits for the catalog on the guest's behalf.
#[tokio::test]
async fn a_sign_in_that_is_dropped_in_a_look_up_leaves_the_next_one_clean() {
    let app = fallback().limit("concurrency", 1).limit("timeout", "30 s").limit("queueTimeout", "10 ms").start().await;
    let catalog = Arc::new(Hanging::default());
    let door = Door::with_catalog(&app, Arc::clone(&catalog) as Arc<dyn Catalog>).await;
    for _ in 0..50 {
        catalog.0.store(true, Ordering::Relaxed);
        assert!(tokio::time::timeout(Duration::from_millis(5), door.sign_in(&ZED)).await.is_err());
        assert_eq!(door.last_record().unwrap().outcome, "abandoned");
        catalog.0.store(false, Ordering::Relaxed);
        assert_eq!(door.sign_in(&ZED).await.0.unwrap().user.as_str(), "user:default/zed");
    }
}
