//! Groups of the fake catalog by the host's rules.

use super::{catalog, fake_context::FakeContext, fake_group::FakeGroup};
use crate::{EntityRef, Error, FilterTerm, Group, fold::same, handle};

/// The most groups in one question or answer, as in the host.
const MAX_GROUPS: usize = 100;

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
    for _ in 0..=depth {
        level.retain(|entity_ref| !found.iter().any(|group| group.entity_ref == *entity_ref));
        if level.is_empty() {
            break;
        }
        let groups = by_refs(ctx, &EntityRef::each_once(level))?;
        level = groups.iter().flatten().filter_map(|group| group.parent.clone()).collect();
        found.extend(groups.into_iter().flatten());
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
