//! Groups of the fake catalog by the host's rules.

use super::{catalog, fake_context::FakeContext, fake_group::FakeGroup};
use crate::{EntityRef, Error, FilterTerm, Group, fold::same, handle};

/// The most groups in one question or answer, as in the host.
const MAX_GROUPS: usize = 100;

/// The most groups in one climb.
const MAX_ANCESTORS: usize = 1000;

pub(super) fn get(ctx: &FakeContext, refs: &[EntityRef]) -> Result<Vec<Option<Group>>, Error> {
    let found = by_refs(ctx, refs)?;
    Ok(found.into_iter().map(|found| found.map(Group)).collect())
}

pub(super) fn find(ctx: &FakeContext, filter: &[Vec<FilterTerm>]) -> Result<Vec<Group>, Error> {
    catalog::check_filter(filter, "group")?;
    let matches = |group: &&FakeGroup| filter.iter().any(|terms| terms.iter().all(|term| catalog::holds(group.entity(), term)));
    let mut found: Vec<_> = ctx.ask_for_groups()?.iter().filter(matches).map(FakeGroup::group).collect();
    if found.len() > MAX_GROUPS {
        return Err(Error::input(format!("The filter describes more than {MAX_GROUPS} groups")));
    }
    found.sort_by_key(|group| group.entity_ref.to_string());
    Ok(found.into_iter().map(Group).collect())
}

pub(super) fn ancestors(ctx: &FakeContext, of: Vec<EntityRef>, depth: u32) -> Result<Vec<Group>, Error> {
    let mut found: Vec<handle::Group> = Vec::new();
    let mut level = of;
    if level.len() > MAX_ANCESTORS {
        return Err(Error::input(format!("At most {MAX_ANCESTORS} groups can be climbed from")));
    }
    for _ in 0..=depth {
        level.retain(|entity_ref| !found.iter().any(|group| group.entity_ref == *entity_ref));
        if level.is_empty() {
            break;
        }
        let mut above = Vec::new();
        for some in EntityRef::each_once(level).chunks(MAX_GROUPS) {
            let groups = by_refs(ctx, some)?;
            above.extend(groups.iter().flatten().filter_map(|group| group.parent.clone()));
            found.extend(groups.into_iter().flatten());
        }
        if found.len() > MAX_ANCESTORS {
            return Err(Error::input(format!("There are more than {MAX_ANCESTORS} groups here and above")));
        }
        level = above;
    }
    Ok(found.into_iter().map(Group).collect())
}

/// One question.
fn by_refs(ctx: &FakeContext, refs: &[EntityRef]) -> Result<Vec<Option<handle::Group>>, Error> {
    if refs.len() > MAX_GROUPS {
        return Err(Error::input(format!("At most {MAX_GROUPS} groups can be asked for")));
    }
    if refs.iter().any(|entity_ref| !same(entity_ref.kind(), "group")) {
        return Err(Error::input("Only groups can be asked for"));
    }
    if refs.is_empty() {
        return Ok(Vec::new());
    }
    let groups = ctx.ask_for_groups()?;
    let find = |wanted: &EntityRef| groups.iter().map(FakeGroup::group).find(|group| group.entity_ref == *wanted);
    Ok(refs.iter().map(find).collect())
}
