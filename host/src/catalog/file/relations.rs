//! Relations as the catalog computes them from both sides: a user's `memberOf` and a group's `members` make the same pair.
//!
//! Kept are only those that start at a user or a group: nobody asks for others'. A target that does not exist is kept, as in Backstage.

use std::collections::HashSet;

use serde::Serialize;

use crate::domain::entity_ref::EntityRef;

/// In alphabetical order, because the catalog sorts by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RelationType {
    ChildOf,
    HasMember,
    MemberOf,
    ParentOf,
}

impl RelationType {
    /// What the other end says.
    fn inverse(self) -> Self {
        match self {
            Self::ChildOf => Self::ParentOf,
            Self::HasMember => Self::MemberOf,
            Self::MemberOf => Self::HasMember,
            Self::ParentOf => Self::ChildOf,
        }
    }
}

/// One relation, written as it stands in the JSON of its source.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Relation {
    #[serde(skip)]
    source: EntityRef,
    #[serde(rename = "type")]
    pub(super) kind: RelationType,
    #[serde(rename = "targetRef")]
    pub(super) target: EntityRef,
}

/// The relations of all users and groups.
#[derive(Debug, Default)]
pub(super) struct Relations {
    all: Vec<Relation>,
    /// One copy of each ref: thousands of users share a few groups.
    known: HashSet<EntityRef>,
}

impl Relations {
    /// Adds a relation and its inverse.
    pub(super) fn add(&mut self, source: &EntityRef, kind: RelationType, target: &EntityRef) {
        self.add_one(source, kind, target);
        self.add_one(target, kind.inverse(), source);
    }

    fn add_one(&mut self, source: &EntityRef, kind: RelationType, target: &EntityRef) {
        if matches!(source.kind(), "user" | "group") {
            let (source, target) = (self.shared(source), self.shared(target));
            self.all.push(Relation { source, kind, target });
        }
    }

    fn shared(&mut self, name: &EntityRef) -> EntityRef {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        self.known.insert(name.clone());
        name.clone()
    }

    /// Brings them into the catalog's order: by target, then type, each once. Comes between the last `add` and the first `of`.
    pub(super) fn sort(&mut self) {
        self.all.sort_unstable_by(|a, b| (&a.source, &a.target, a.kind).cmp(&(&b.source, &b.target, b.kind)));
        self.all.dedup();
    }

    /// The relations of one entity.
    pub(super) fn of(&self, source: &EntityRef) -> &[Relation] {
        let start = self.all.partition_point(|relation| relation.source < *source);
        let count = self.all[start..].partition_point(|relation| relation.source == *source);
        &self.all[start..start + count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> EntityRef {
        EntityRef::parse(text, "user", "default").unwrap()
    }

    #[test]
    fn both_sides_make_the_same_pair_once() {
        let mut relations = Relations::default();
        relations.add(&name("alice"), RelationType::MemberOf, &name("group:b"));
        relations.add(&name("group:b"), RelationType::HasMember, &name("alice"));
        relations.add(&name("group:a"), RelationType::HasMember, &name("alice"));
        relations.add(&name("group:a"), RelationType::ParentOf, &name("alice"));
        relations.add(&name("alicia"), RelationType::MemberOf, &name("group:a"));
        relations.sort();
        let of_alice: Vec<_> = relations.of(&name("alice")).iter().map(|relation| (relation.kind, relation.target.as_str())).collect();
        assert_eq!(
            of_alice,
            [(RelationType::ChildOf, "group:default/a"), (RelationType::MemberOf, "group:default/a"), (RelationType::MemberOf, "group:default/b")]
        );
        let of_a: Vec<_> = relations.of(&name("group:a")).iter().map(|relation| (relation.kind, relation.target.as_str())).collect();
        assert_eq!(
            of_a,
            [
                (RelationType::HasMember, "user:default/alice"),
                (RelationType::ParentOf, "user:default/alice"),
                (RelationType::HasMember, "user:default/alicia")
            ]
        );
        assert_eq!(relations.of(&name("nobody")), []);
    }

    #[test]
    fn refs_are_sorted_as_text() {
        let mut relations = Relations::default();
        for team in ["group:team-2", "group:team-10", "group:team-1", "group:other/team"] {
            relations.add(&name("alice"), RelationType::MemberOf, &name(team));
        }
        relations.sort();
        let targets: Vec<_> = relations.of(&name("alice")).iter().map(|relation| relation.target.as_str()).collect();
        assert_eq!(targets, ["group:default/team-1", "group:default/team-10", "group:default/team-2", "group:other/team"]);
    }
}
