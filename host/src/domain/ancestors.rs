//! Climbing the tree of groups, level by level. Pure: whoever climbs asks the catalog for each level.
//!
//! Guarantees: each group once, nearest first; a tree that bites its own tail ends; no more than [`MAX_ANCESTORS`] groups.

use std::{collections::HashSet, sync::Arc};

use super::{entity_ref::EntityRef, group::Group};

/// The most groups that one climb finds. What is more is an error, never cut off: with some groups missing, somebody would own less than they should.
pub const MAX_ANCESTORS: usize = 200;

/// There are more than [`MAX_ANCESTORS`] groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("There are more than {MAX_ANCESTORS} groups here and above")]
pub struct TooManyAncestors;

/// A climb under way.
#[derive(Debug)]
pub struct Climb {
    /// Every ref that was asked for, or is about to be.
    known: HashSet<EntityRef>,
    /// What the next question is about.
    next: Vec<EntityRef>,
    found: Vec<Arc<Group>>,
    /// How many levels above those of `next` are still wanted.
    levels: u32,
}

impl Climb {
    /// Begins at these groups, which are level 0, and ends `levels` above them.
    pub fn from(refs: Vec<EntityRef>, levels: u32) -> Self {
        let mut climb = Self { known: HashSet::new(), next: Vec::new(), found: Vec::new(), levels };
        refs.into_iter().for_each(|group| climb.meet(group));
        climb
    }

    /// The groups of the next level; none at the top.
    pub fn next(&mut self) -> Option<Vec<EntityRef>> {
        (!self.next.is_empty()).then(|| std::mem::take(&mut self.next))
    }

    /// What the catalog has of that level. From a group that it does not have nothing is climbed.
    pub fn take(&mut self, level: Vec<Option<Arc<Group>>>) -> Result<(), TooManyAncestors> {
        for group in level.into_iter().flatten() {
            if self.found.len() == MAX_ANCESTORS {
                return Err(TooManyAncestors);
            }
            if self.levels > 0 {
                group.parent.iter().for_each(|parent| self.meet(parent.clone()));
            }
            self.found.push(group);
        }
        self.levels = self.levels.saturating_sub(1);
        Ok(())
    }

    /// All that were found.
    pub fn finish(self) -> Vec<Arc<Group>> {
        self.found
    }

    fn meet(&mut self, group: EntityRef) {
        if self.known.insert(group.clone()) {
            self.next.push(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> EntityRef {
        EntityRef::new("group", "default", name).unwrap()
    }

    /// Climbs a tree that is given as child and parent; the questions that were asked, and what was found.
    fn climb(from: &[&str], levels: u32, tree: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let mut climb = Climb::from(from.iter().map(|from| name(from)).collect(), levels);
        let names = |refs: &[EntityRef]| refs.iter().map(EntityRef::name).collect::<Vec<_>>().join(" ");
        let mut asked = Vec::new();
        while let Some(level) = climb.next() {
            asked.push(names(&level));
            let of = |group: &EntityRef| {
                let (_, parent) = tree.iter().find(|(child, _)| *child == group.name())?;
                let parent = (!parent.is_empty()).then(|| name(parent));
                Some(Arc::new(Group { entity_ref: group.clone(), display_name: None, parent, json: String::new() }))
            };
            climb.take(level.iter().map(of).collect()).unwrap();
        }
        (asked, climb.finish().iter().map(|group| group.entity_ref.name().to_owned()).collect())
    }

    const TREE: &[(&str, &str)] = &[("a", "dept"), ("b", "dept"), ("dept", "org"), ("org", ""), ("lost", "gone")];

    #[test]
    fn each_group_is_found_once_and_the_nearest_first() {
        assert_eq!(
            climb(&["a", "b", "a"], 9, TREE),
            (vec!["a b".into(), "dept".into(), "org".into()], ["a", "b", "dept", "org"].map(Into::into).into())
        );
        assert_eq!(climb(&[], 9, TREE), (vec![], vec![]));
        assert_eq!(climb(&["dept", "a"], 9, TREE).1, ["dept", "a", "org"], "one that is above another stays where it was met");
    }

    #[test]
    fn it_ends_at_the_level_that_was_wanted() {
        assert_eq!(climb(&["a"], 0, TREE), (vec!["a".into()], vec!["a".into()]));
        assert_eq!(climb(&["a"], 1, TREE), (vec!["a".into(), "dept".into()], vec!["a".into(), "dept".into()]));
        assert_eq!(climb(&["a"], u32::MAX, TREE).1, ["a", "dept", "org"]);
    }

    #[test]
    fn a_group_that_is_missing_ends_its_branch() {
        assert_eq!(
            climb(&["lost", "a"], 9, TREE),
            (vec!["lost a".into(), "gone dept".into(), "org".into()], ["lost", "a", "dept", "org"].map(Into::into).into())
        );
    }

    #[test]
    fn a_cycle_ends() {
        let cycle = &[("a", "b"), ("b", "c"), ("c", "a"), ("self", "self")];
        assert_eq!(climb(&["a", "self"], 9, cycle).1, ["a", "self", "b", "c"]);
    }

    #[test]
    fn too_many_are_an_error() {
        let groups = |count: usize| {
            let refs: Vec<_> = (0..count).map(|number| name(&number.to_string())).collect();
            let mut climb = Climb::from(refs, 1);
            let level = climb.next().unwrap();
            let group = |entity_ref: EntityRef| Some(Arc::new(Group { entity_ref, display_name: None, parent: None, json: String::new() }));
            climb.take(level.into_iter().map(group).collect())
        };
        assert_eq!((groups(MAX_ANCESTORS), groups(MAX_ANCESTORS + 1)), (Ok(()), Err(TooManyAncestors)));
    }
}
