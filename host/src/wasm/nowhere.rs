//! Ports of a store in which nothing may be called: for `describe`, which runs while nobody is signing in.

use std::sync::Arc;

use crate::{
    domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter, query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
        component_ports::ComponentPorts,
    },
};

/// Ports that lead nowhere.
pub(super) fn ports() -> ComponentPorts {
    ComponentPorts::only(Arc::new(Nowhere))
}

struct Nowhere;

impl Catalog for Nowhere {
    fn find_user<'a>(&'a self, _query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(async { Err(nobody()) })
    }

    fn groups<'a>(&'a self, _refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(async { Err(nobody()) })
    }

    fn find_groups<'a>(&'a self, _filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(async { Err(nobody()) })
    }
}

fn nobody() -> CatalogError {
    CatalogError::Unavailable("nobody is signing in".into())
}
