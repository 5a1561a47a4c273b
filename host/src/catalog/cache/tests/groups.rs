//! Groups in the cache: kept one by one, bounded, and served while the catalog is out.

use super::*;
use crate::domain::query::FilterTerm;

fn name(name: &str) -> EntityRef {
    EntityRef::new("group", "default", name).unwrap()
}

fn group(called: &str) -> Arc<Group> {
    Arc::new(Group { entity_ref: name(called), display_name: None, parent: None, json: "{}".into() })
}

impl Bench {
    fn has_groups(&self, names: &[&str]) {
        *self.fake.groups.lock().unwrap() = Ok(names.iter().map(|name| group(name)).collect());
    }

    fn fails_for_groups(&self, error: CatalogError) {
        *self.fake.groups.lock().unwrap() = Err(error);
    }

    /// The names that are found, `-` for one that is not; or the error.
    async fn groups(&self, names: &[&str]) -> Result<String, CatalogError> {
        let refs: Vec<_> = names.iter().map(|one| name(one)).collect();
        let found = self.cache.groups(&refs).await?;
        assert_eq!(found.len(), refs.len());
        Ok(found.iter().map(|group| group.as_ref().map_or("-", |group| group.entity_ref.name())).collect::<Vec<_>>().join(" "))
    }

    /// What the catalog was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.fake.asked_for_groups.lock().unwrap())
    }
}

fn ok(text: &str) -> Result<String, CatalogError> {
    Ok(text.to_owned())
}

fn teams() -> GroupFilter {
    GroupFilter::new(vec![vec![FilterTerm { key: "spec.type".into(), values: vec!["team".into()] }]]).unwrap()
}

#[tokio::test]
async fn only_groups_that_are_not_known_are_asked_for() {
    let bench = Bench::with(OPTIONS);
    bench.has_groups(&["a", "b", "dept"]);
    assert_eq!((bench.groups(&["a", "gone", "dept"]).await, bench.asked()), (ok("a - dept"), vec!["a gone dept".into()]));
    assert_eq!((bench.groups(&["dept", "b", "a", "b"]).await, bench.asked()), (ok("dept b a b"), vec!["b b".into()]));
    assert_eq!((bench.groups(&["b", "gone", "a"]).await, bench.asked()), (ok("b - a"), vec![]));
    assert_eq!((bench.groups(&[]).await, bench.asked()), (ok(""), vec![]));
    bench.has_groups(&["gone"]);
    bench.pass(5);
    assert_eq!((bench.groups(&["a", "gone"]).await, bench.asked()), (ok("a gone"), vec!["gone".into()]), "what was missing counts for less");
    bench.pass(25);
    assert_eq!((bench.groups(&["a", "gone"]).await, bench.asked()), (ok("- gone"), vec!["a".into()]), "what is gone is gone");
}

#[tokio::test]
async fn what_a_filter_finds_counts_for_its_time_and_no_longer() {
    let bench = Bench::with(OPTIONS);
    let find = async || bench.cache.find_groups(&teams()).await.map(|groups| groups.len());
    assert_eq!((find().await, find().await, bench.asked().len()), (Ok(0), Ok(0), 1));
    bench.has_groups(&["a", "b"]);
    bench.pass(5);
    assert_eq!((find().await, find().await, bench.asked().len()), (Ok(2), Ok(2), 1));
    bench.fails_for_groups(CatalogError::TooMany);
    assert_eq!((find().await, bench.asked().len()), (Ok(2), 0));
    bench.pass(30);
    assert_eq!(
        (find().await, find().await, bench.asked().len()),
        (Err(CatalogError::TooMany), Err(CatalogError::TooMany), 2),
        "errors are never kept"
    );
}

#[tokio::test]
async fn while_the_catalog_is_out_groups_that_it_knew_are_served() {
    let bench = Bench::with(OPTIONS);
    let out = CatalogError::Unavailable("connection refused".into());
    bench.has_groups(&["a", "dept"]);
    assert_eq!(bench.groups(&["a", "dept"]).await, ok("a dept"));
    bench.fails_for_groups(out.clone());
    bench.pass(30);
    assert_eq!((bench.groups(&["a"]).await, bench.groups(&["a"]).await), (ok("a"), ok("a")));
    assert_eq!(bench.asked().split_off(1), ["a"], "it is not asked for again for a while");
    assert_eq!(bench.groups(&["a", "b"]).await, Err(out.clone()), "one that was never known is not");
    // From now on the catalog hangs for ever.
    bench.fake.permits.forget_permits(1000);
    bench.pass(1);
    assert_eq!(bench.groups(&["dept", "a"]).await, ok("dept a"));
    bench.fake.permits.add_permits(1000);
    bench.pass(569);
    assert_eq!(bench.groups(&["a"]).await, Err(out), "and nothing is served for ever");
}

#[tokio::test]
async fn a_refusal_ends_what_was_known_of_groups() {
    let bench = Bench::with(OPTIONS);
    bench.has_groups(&["a"]);
    assert_eq!(bench.groups(&["a"]).await, ok("a"));
    bench.pass(30);
    let senseless = CatalogError::Senseless("x".into());
    bench.fails_for_groups(senseless.clone());
    assert_eq!(bench.groups(&["a"]).await, Err(senseless));
    bench.fails_for_groups(CatalogError::Unavailable("x".into()));
    assert!(bench.groups(&["a"]).await.is_err());
}

#[tokio::test]
async fn groups_take_no_more_than_their_share() {
    let bench = Bench::with(CacheOptions { memory: 40_000, ..OPTIONS });
    bench.fake.permits.add_permits(1);
    let names: Vec<_> = (0..1000).map(|nth| nth.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    bench.has_groups(&names);
    for name in &names {
        bench.groups(&[name]).await.unwrap();
    }
    bench.asked();
    bench.groups(&names).await.unwrap();
    let asked = bench.asked().pop().unwrap().split(' ').count();
    assert!((980..1000).contains(&asked), "{asked} of 1000 had been forgotten");
}
