//! Finds the one user, or the groups, that a query means.
//!
//! Entities are found by ref in a hash table. For everything else there is one sorted array of postings: 40 bits of the hash of a search row above
//! 24 bits of an entity's number. A hash is only a hint: whatever it leads to is checked against the rows of the entity itself.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use crate::{
    catalog::search::{self, Condition},
    domain::{
        entity_ref::EntityRef,
        group::Group,
        group_filter::{GroupFilter, MAX_GROUPS},
        query::UserQuery,
        user::User,
    },
    ports::catalog::CatalogError,
};

const NUMBER_BITS: u32 = 24;
const NUMBER: u64 = (1 << NUMBER_BITS) - 1;

/// The most entities that have a number.
pub(super) const MOST_ENTITIES: usize = 1 << NUMBER_BITS;

/// What can be indexed: entities of one kind.
pub(super) trait Indexed {
    /// The canonical ref.
    fn entity_ref(&self) -> &EntityRef;

    /// The whole entity.
    fn json(&self) -> &str;
}

impl Indexed for User {
    fn entity_ref(&self) -> &EntityRef {
        &self.entity_ref
    }

    fn json(&self) -> &str {
        &self.json
    }
}

impl Indexed for Group {
    fn entity_ref(&self) -> &EntityRef {
        &self.entity_ref
    }

    fn json(&self) -> &str {
        &self.json
    }
}

/// All entities of one kind, immutable.
#[derive(Debug)]
pub(super) struct Index<E> {
    by_ref: HashMap<EntityRef, Arc<E>>,
    entities: Box<[Arc<E>]>,
    postings: Box<[u64]>,
}

impl<E: Indexed> Index<E> {
    /// Indexes at most [`MOST_ENTITIES`] entities with refs of their own.
    pub(super) fn new(entities: Vec<E>) -> Self {
        let entities: Box<[_]> = entities.into_iter().map(Arc::new).collect();
        let mut postings = Vec::new();
        for (number, entity) in (0..=NUMBER).zip(&entities) {
            search::rows(entity.json(), |key, value| {
                // Every entity has this one; it would make no search narrower.
                if key != "kind" {
                    postings.push(hash(key, value) | number);
                }
            });
        }
        postings.sort_unstable();
        postings.dedup();
        let by_ref = entities.iter().map(|entity| (entity.entity_ref().clone(), Arc::clone(entity))).collect();
        Self { by_ref, entities, postings: postings.into() }
    }

    /// How many entities there are.
    pub(super) fn len(&self) -> usize {
        self.entities.len()
    }

    /// The entity with this ref.
    pub(super) fn get(&self, name: &EntityRef) -> Option<Arc<E>> {
        self.by_ref.get(name).cloned()
    }

    /// The numbers of those that meet all conditions, some more than once.
    fn matches<'i>(&'i self, conditions: &'i [Condition<'_>]) -> impl Iterator<Item = usize> + 'i {
        self.candidates(conditions).filter(|number| search::meets_all(self.entities[*number].json(), conditions))
    }

    /// Those that may meet all conditions, some more than once: those of the rarest condition that the others do not rule out.
    fn candidates<'i>(&'i self, conditions: &[Condition<'_>]) -> Box<dyn Iterator<Item = usize> + 'i> {
        let indexed = conditions.iter().filter(|condition| condition.key != "kind");
        let mut lists: Vec<Vec<&[u64]>> = indexed.map(|condition| self.postings_of(condition)).collect();
        lists.sort_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>());
        let mut lists = lists.into_iter();
        let Some(rarest) = lists.next() else { return Box::new(0..self.entities.len()) };
        let others: Vec<_> = lists.map(|lists| Members::of(&lists, self.entities.len())).collect();
        let candidates = rarest.into_iter().flatten().filter_map(|posting| usize::try_from(posting & NUMBER).ok());
        Box::new(candidates.filter(move |number| others.iter().all(|members| members.contain(*number))))
    }

    /// Where the postings of each value lie.
    fn postings_of(&self, condition: &Condition<'_>) -> Vec<&[u64]> {
        let of = |value: &Cow<'_, str>| {
            let hash = hash(&condition.key, value);
            let rest = &self.postings[self.postings.partition_point(|posting| *posting < hash)..];
            let is_ours = |posting: &u64| posting & !NUMBER == hash;
            // Most lists hold one posting: its end is looked for from its beginning, in ever longer steps.
            let mut within = 1;
            while rest.get(within - 1).is_some_and(is_ours) {
                within *= 2;
            }
            &rest[..rest[..within.min(rest.len())].partition_point(is_ours)]
        };
        condition.values.iter().map(of).collect()
    }
}

impl Index<User> {
    /// The one user that the query means.
    ///
    /// Annotations are compared as the catalog does, without case, and then letter by letter on the user that came back. Several users after the
    /// first comparison are a conflict even if the second could tell them apart: who is signed in must not hang on case alone.
    pub(super) fn find(&self, query: &UserQuery) -> Result<Option<Arc<User>>, CatalogError> {
        match query {
            UserQuery::Nobody => Ok(None),
            UserQuery::EntityRef(name) => Ok(self.get(name)),
            UserQuery::Filter(alternatives) => self.only(alternatives.iter().map(|terms| terms.iter().map(Condition::of_term).collect())),
            UserQuery::Annotations(annotations) => {
                let user = self.only(std::iter::once(annotations.iter().map(Condition::of_annotation).collect()))?;
                Ok(user.filter(|user| annotations.iter().all(|(key, value)| user.annotation(key) == Some(value))))
            }
        }
    }

    /// The one user that one of the alternatives describes.
    fn only<'q>(&self, alternatives: impl Iterator<Item = Vec<Condition<'q>>>) -> Result<Option<Arc<User>>, CatalogError> {
        let mut found: Option<usize> = None;
        for conditions in alternatives {
            for number in self.matches(&conditions) {
                if found.is_some_and(|found| found != number) {
                    return Err(CatalogError::Conflict);
                }
                found = Some(number);
            }
        }
        Ok(found.map(|number| self.entities[number].clone()))
    }
}

impl Index<Group> {
    /// The groups that the filter describes, by their refs.
    pub(super) fn find_groups(&self, filter: &GroupFilter) -> Result<Vec<Arc<Group>>, CatalogError> {
        let mut found = BTreeMap::new();
        for terms in filter.alternatives() {
            let conditions: Vec<_> = terms.iter().map(Condition::of_term).collect();
            for number in self.matches(&conditions) {
                let group = &self.entities[number];
                found.insert(&group.entity_ref, group);
                if found.len() > MAX_GROUPS {
                    return Err(CatalogError::TooMany);
                }
            }
        }
        Ok(found.into_values().cloned().collect())
    }
}

/// Those that may meet a condition.
enum Members<'i> {
    /// The postings of its only value, in order.
    One(&'i [u64]),
    /// A bit for each user: with many values, looking into each list for each candidate would take its time.
    Many(Vec<u64>),
}

impl<'i> Members<'i> {
    fn of(lists: &[&'i [u64]], entities: usize) -> Self {
        if let [only] = lists {
            return Self::One(only);
        }
        let mut bits = vec![0; entities.div_ceil(64)];
        for number in lists.iter().copied().flatten().filter_map(|posting| usize::try_from(posting & NUMBER).ok()) {
            bits[number / 64] |= 1 << (number % 64);
        }
        Self::Many(bits)
    }

    fn contain(&self, number: usize) -> bool {
        match self {
            Self::One(postings) => postings.binary_search_by_key(&(number as u64), |posting| posting & NUMBER).is_ok(),
            Self::Many(bits) => bits[number / 64] >> (number % 64) & 1 == 1,
        }
    }
}

/// The upper bits of the posting of a row. The hasher has no secret: the check of every candidate is what counts.
fn hash(key: &str, value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, value).hash(&mut hasher);
    hasher.finish() & !NUMBER
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};
    use serde_json::json;

    use super::*;
    use crate::domain::{profile::Profile, query::FilterTerm};

    fn user(name: &str, email: &str, login: &str, groups: &[&str]) -> User {
        let json = json!({
            "metadata": { "namespace": "default", "name": name, "annotations": { "example.com/login": login } },
            "kind": "User", "spec": { "profile": { "email": email }, "memberOf": groups },
        });
        let entity_ref = EntityRef::new("user", "default", name).unwrap();
        let annotations = vec![("example.com/login".into(), login.into())];
        User { ownership_entity_refs: vec![entity_ref.clone()], entity_ref, profile: Profile::default(), annotations, json: json.to_string() }
    }

    fn index() -> Index<User> {
        Index::new(vec![
            user("alice", "Alice@Example.com", "al", &["team-a", "team-b"]),
            user("bob", "bob@example.com", "Bob", &["team-a"]),
            user("twin-1", "twin@example.com", "twin", &["team-c"]),
            user("twin-2", "twin@example.com", "Twin", &["team-c"]),
        ])
    }

    /// The name of whom the query finds, `-` for nobody, `!` for several.
    fn find(index: &Index<User>, query: &UserQuery) -> String {
        match index.find(query) {
            Ok(Some(user)) => user.entity_ref.name().to_owned(),
            Ok(None) => "-".into(),
            Err(error) => {
                assert_eq!(error, CatalogError::Conflict);
                "!".into()
            }
        }
    }

    type Terms<'t> = &'t [(&'t str, &'t [&'t str])];

    fn filter(alternatives: &[Terms<'_>]) -> UserQuery {
        let term =
            |(key, values): &(&str, &[&str])| FilterTerm { key: (*key).into(), values: values.iter().map(|value| (*value).to_owned()).collect() };
        UserQuery::filter(alternatives.iter().map(|terms| terms.iter().map(term).collect()).collect()).unwrap()
    }

    #[test]
    fn filters_are_or_of_ands_of_values() {
        let index = index();
        for (terms, found) in [
            (&[("spec.profile.email", &["alice@example.com"][..])][..], "alice"),
            (&[("SPEC.Profile.Email", &["ALICE@EXAMPLE.COM"])], "alice"),
            (&[("kind", &["User"]), ("spec.profile.email", &["bob@example.com"])], "bob"),
            (&[("spec.memberOf", &["team-a"]), ("spec.memberOf", &["team-b"])], "alice"),
            (&[("spec.memberOf.team-a", &["true"]), ("spec.memberOf.TEAM-B", &["true"])], "alice"),
            (&[("spec.memberOf", &["team-a"])], "!"),
            (&[("spec.memberOf", &["team-a", "team-b"]), ("metadata.name", &["alice", "twin-1"])], "alice"),
            (&[("spec.profile.email", &["twin@example.com"])], "!"),
            (&[("spec.profile.email", &["twin@example.com"]), ("metadata.name", &["twin-2"])], "twin-2"),
            (&[("spec.profile.email", &["alice@example.com"]), ("metadata.name", &["bob"])], "-"),
            (&[("metadata.namespace", &["other"])], "-"),
            (&[("spec.profile", &["alice@example.com"])], "-"),
        ] {
            assert_eq!(find(&index, &filter(&[terms])), found, "{terms:?}");
        }
        let (alice, bob) = (&[("metadata.name", &["alice"][..])][..], &[("metadata.name", &["bob"][..])][..]);
        assert_eq!(find(&index, &filter(&[alice, bob])), "!");
        assert_eq!(find(&index, &filter(&[alice, &[("metadata.name", &["nobody"])]])), "alice");
        assert_eq!(find(&index, &filter(&[alice, &[("spec.memberOf", &["team-b"])]])), "alice");
    }

    #[test]
    fn a_value_is_never_read_as_a_filter() {
        let emails =
            ["zz@x,spec.profile.email=alice@example.com", "alice@example.com,metadata.name=alice", "alice@example.com&filter=kind=user", "*"];
        for email in emails {
            assert_eq!(find(&index(), &filter(&[&[("spec.profile.email", &[email])]])), "-", "{email}");
        }
    }

    #[test]
    fn annotations_are_compared_as_the_catalog_does_and_then_exactly() {
        let index = index();
        let find = |key: &str, value: &str| find(&index, &UserQuery::annotations(vec![(key.into(), value.into())]).unwrap());
        assert_eq!(find("example.com/login", "al"), "alice");
        assert_eq!(find("example.com/login", "Bob"), "bob");
        assert_eq!(find("example.com/login", "bob"), "-");
        assert_eq!(find("Example.com/login", "Bob"), "-");
        assert_eq!(find("example.com/login", "twin"), "!");
    }

    #[test]
    fn a_ref_finds_itself() {
        let index = index();
        assert_eq!(find(&index, &UserQuery::entity_ref("User", "Default", "ALICE").unwrap()), "alice");
        assert_eq!(find(&index, &UserQuery::entity_ref("user", "other", "alice").unwrap()), "-");
        assert_eq!(find(&index, &UserQuery::Nobody), "-");
    }

    #[test]
    fn a_collision_of_hashes_finds_nobody_else() {
        let mut index = index();
        let forged = hash("spec.profile.email", "mallory@example.com");
        index.postings = (0..4).map(|number| forged | number).collect();
        assert_eq!(find(&index, &filter(&[&[("spec.profile.email", &["mallory@example.com"])]])), "-");
    }

    #[test]
    fn twenty_thousand_users_are_each_found_and_no_one_else() {
        let names: Vec<_> = (0..20_000).map(|nth| format!("user-{nth}")).collect();
        let mail = |name: &str| format!("{name}@example.com");
        let index = Index::new(names.iter().map(|name| user(name, &mail(name), &format!("login-{name}"), &["team-a"])).collect());
        assert_eq!(index.len(), names.len());
        for name in &names {
            let annotations = vec![("example.com/login".to_owned(), format!("login-{name}"))];
            assert_eq!(find(&index, &UserQuery::entity_ref("user", "default", name).unwrap()), *name);
            assert_eq!(find(&index, &UserQuery::annotations(annotations).unwrap()), *name);
            assert_eq!(find(&index, &filter(&[&[("spec.profile.email", &[&mail(name)]), ("spec.memberOf", &["team-a"])]])), *name);
        }
        assert_eq!(find(&index, &filter(&[&[("spec.profile.email", &["user-20000@example.com"])]])), "-");
        assert_eq!(find(&index, &filter(&[&[("spec.memberOf", &["team-a"])]])), "!");
    }

    /// What the index must answer, without an index: each condition, each user, each row.
    fn naive(users: &[User], query: &UserQuery) -> String {
        let has = |user: &User, key: &str, value: &str| {
            let mut has = false;
            search::rows(&user.json, |k, v| has = has || (k == key.to_lowercase() && v == value.to_lowercase()));
            has
        };
        let matches = |user: &&User| match query {
            UserQuery::Nobody => false,
            UserQuery::EntityRef(name) => user.entity_ref == *name,
            UserQuery::Annotations(all) => all.iter().all(|(key, value)| has(user, &format!("metadata.annotations.{key}"), value)),
            UserQuery::Filter(any) => any.iter().any(|all| all.iter().all(|term| term.values.iter().any(|value| has(user, &term.key, value)))),
        };
        let found: Vec<_> = users.iter().filter(matches).collect();
        let exactly = |user: &User| match query {
            UserQuery::Annotations(all) => all.iter().all(|(key, value)| user.annotation(key) == Some(value)),
            _ => true,
        };
        match found[..] {
            [one] if exactly(one) => one.entity_ref.name().to_owned(),
            [] | [_] => "-".into(),
            _ => "!".into(),
        }
    }

    fn words() -> impl Strategy<Value = &'static str> {
        select(vec!["a", "B", "b", "team-a", "Team-B", "x@y"])
    }

    fn queries() -> impl Strategy<Value = UserQuery> {
        let keys =
            select(vec!["metadata.name", "spec.profile.email", "spec.memberOf", "spec.memberOf.b", "metadata.annotations.example.com/login", "kind"]);
        let values = vec(prop_oneof![words(), Just("true"), Just("user")].prop_map(str::to_owned), 1..3);
        let term = (keys, values).prop_map(|(key, values)| FilterTerm { key: key.into(), values });
        let annotation = (select(vec!["example.com/login", "Example.com/login"]), words());
        prop_oneof![
            vec(vec(term, 1..4), 1..4).prop_map(UserQuery::Filter),
            vec(annotation, 1..3).prop_map(|all| UserQuery::Annotations(all.into_iter().map(|(k, v)| (k.into(), v.into())).collect())),
            words().prop_map(|name| UserQuery::entity_ref("user", "default", name).unwrap()),
        ]
    }

    proptest! {
        #[test]
        fn the_index_answers_like_a_scan(
            people in vec((words(), words(), vec(words(), 0..3)), 0..6),
            queries in vec(queries(), 1..20),
        ) {
            let users = people.iter().enumerate().map(|(nth, (email, login, groups))| user(["a", "b", "c", "d", "team-a", "x@y"][nth], email, login, groups));
            let users: Vec<_> = users.collect();
            let index = Index::new(users.clone());
            for query in &queries {
                prop_assert_eq!(find(&index, query), naive(&users, query), "{:?}", query);
            }
        }
    }
}
