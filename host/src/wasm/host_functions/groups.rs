//! The power `groups`: groups of the catalog, each question within the look-ups of the sign-in.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::{
    domain::{
        ancestors::Climb,
        entity_ref::EntityRef,
        error::{Blame, ErrorName, SignInError},
        group::Group,
        group_filter::{GroupFilter, MAX_GROUPS},
    },
    wasm::{
        bindings::stagedoor::resolver::{groups, types},
        store::{CatalogGroup, State},
    },
};

use super::convert;

type Told<T> = Result<T, types::SignInError>;

impl groups::Host for State {
    async fn get_groups(&mut self, refs: Vec<types::EntityRef>) -> wasmtime::Result<Told<Vec<Option<Resource<CatalogGroup>>>>> {
        Ok(match self.groups_by_refs(&refs).await? {
            Ok(groups) => Ok(groups.into_iter().map(|group| group.map(|group| self.group(group)).transpose()).collect::<wasmtime::Result<_>>()?),
            Err(error) => Err(self.tell(error)),
        })
    }

    async fn find_groups(&mut self, filter: Vec<Vec<types::FilterTerm>>) -> wasmtime::Result<Told<Vec<Resource<CatalogGroup>>>> {
        let found = self.groups_by_filter(filter).await?;
        self.told_groups(found)
    }

    async fn get_ancestors(&mut self, refs: Vec<types::EntityRef>, depth: u32) -> wasmtime::Result<Told<Vec<Resource<CatalogGroup>>>> {
        let found = self.ancestors(&refs, depth).await?;
        self.told_groups(found)
    }
}

impl State {
    async fn groups_by_refs(&mut self, refs: &[types::EntityRef]) -> wasmtime::Result<Result<Vec<Option<Arc<Group>>>, SignInError>> {
        let refs = match self.may_ask_for(refs) {
            Ok(refs) => refs,
            Err(error) => return Ok(Err(error)),
        };
        let asked: Vec<_> = refs.iter().flatten().cloned().collect();
        Ok(self.groups(&asked).await?.map_err(SignInError::from).map(|found| {
            let mut found = found.into_iter();
            refs.iter().map(|name| name.as_ref().and_then(|_| found.next().flatten())).collect()
        }))
    }

    async fn groups_by_filter(&mut self, filter: Vec<Vec<types::FilterTerm>>) -> wasmtime::Result<Result<Vec<Arc<Group>>, SignInError>> {
        let permissions = Arc::clone(&self.permissions);
        if let Err(refused) = permissions.gate.groups(&mut self.attempt) {
            return Ok(Err(refused));
        }
        match GroupFilter::new(convert::filter(filter)) {
            Ok(filter) => Ok(self.find_groups(&filter).await?.map_err(SignInError::from)),
            Err(invalid) => Ok(Err(senseless(invalid.to_string()))),
        }
    }

    /// One question for each level.
    async fn ancestors(&mut self, refs: &[types::EntityRef], depth: u32) -> wasmtime::Result<Result<Vec<Arc<Group>>, SignInError>> {
        let mut climb = match self.may_ask_for(refs) {
            Ok(refs) => Climb::from(refs.into_iter().flatten().collect(), depth),
            Err(error) => return Ok(Err(error)),
        };
        while let Some(level) = climb.next() {
            let groups = match self.groups(&level).await? {
                Ok(groups) => groups,
                Err(error) => return Ok(Err(error.into())),
            };
            if let Err(too_many) = climb.take(groups) {
                return Ok(Err(senseless(too_many.to_string())));
            }
        }
        Ok(Ok(climb.finish()))
    }

    /// The refs, if the guest may ask for them; `None` for one that nobody can bear.
    fn may_ask_for(&mut self, refs: &[types::EntityRef]) -> Result<Vec<Option<EntityRef>>, SignInError> {
        let permissions = Arc::clone(&self.permissions);
        permissions.gate.groups(&mut self.attempt)?;
        if refs.len() > MAX_GROUPS {
            return Err(senseless(format!("More than {MAX_GROUPS} groups were asked for at once")));
        }
        if refs.iter().any(|name| !name.kind.eq_ignore_ascii_case("group")) {
            return Err(senseless("Only entities of kind group can be looked up as groups".into()));
        }
        Ok(refs.iter().map(|name| EntityRef::new("group", &name.namespace, &name.name).ok()).collect())
    }

    fn told_groups(&mut self, found: Result<Vec<Arc<Group>>, SignInError>) -> wasmtime::Result<Told<Vec<Resource<CatalogGroup>>>> {
        Ok(match found {
            Ok(groups) => Ok(groups.into_iter().map(|group| self.group(group)).collect::<wasmtime::Result<_>>()?),
            Err(error) => Err(self.tell(error)),
        })
    }

    fn group(&mut self, group: Arc<Group>) -> wasmtime::Result<Resource<CatalogGroup>> {
        Ok(self.table.push(CatalogGroup(group))?)
    }
}

/// A question that makes no sense: the component's own fault.
fn senseless(message: String) -> SignInError {
    SignInError { blame: Blame::Guest, ..SignInError::new(ErrorName::Input, message) }
}

impl groups::HostGroup for State {
    fn entity_ref(&mut self, group: Resource<CatalogGroup>) -> wasmtime::Result<types::EntityRef> {
        Ok(convert::entity_ref(&self.table.get(&group)?.0.entity_ref))
    }

    fn display_name(&mut self, group: Resource<CatalogGroup>) -> wasmtime::Result<Option<String>> {
        Ok(self.table.get(&group)?.0.display_name.clone())
    }

    fn parent(&mut self, group: Resource<CatalogGroup>) -> wasmtime::Result<Option<types::EntityRef>> {
        Ok(self.table.get(&group)?.0.parent.as_ref().map(convert::entity_ref))
    }

    fn json(&mut self, group: Resource<CatalogGroup>) -> wasmtime::Result<String> {
        Ok(self.table.get(&group)?.0.json.clone())
    }

    fn drop(&mut self, group: Resource<CatalogGroup>) -> wasmtime::Result<()> {
        self.table.delete(group)?;
        Ok(())
    }
}
