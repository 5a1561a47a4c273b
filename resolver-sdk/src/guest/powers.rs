//! Groups of the catalog and requests to other systems, between the words of the contract and those of the SDK.

use super::{host, host::types};
use crate::{EntityRef, HttpRequest, HttpResponse};

/// A handle to a group that the host keeps.
#[derive(Debug)]
pub(crate) struct Group(host::groups::Group);

impl Group {
    pub(crate) fn entity_ref(&self) -> EntityRef {
        self.0.entity_ref().into()
    }

    pub(crate) fn display_name(&self) -> Option<String> {
        self.0.display_name()
    }

    pub(crate) fn parent(&self) -> Option<EntityRef> {
        self.0.parent().map(Into::into)
    }

    pub(crate) fn json(&self) -> String {
        self.0.json()
    }
}

pub(super) fn get_groups(refs: &[types::EntityRef]) -> Result<Vec<Option<crate::Group>>, types::SignInError> {
    let found = host::groups::get_groups(refs)?;
    Ok(found.into_iter().map(|found| found.map(group)).collect())
}

pub(super) fn find_groups(filter: &[Vec<types::FilterTerm>]) -> Result<Vec<crate::Group>, types::SignInError> {
    Ok(host::groups::find_groups(filter)?.into_iter().map(group).collect())
}

pub(super) fn get_ancestors(of: &[types::EntityRef], depth: u32) -> Result<Vec<crate::Group>, types::SignInError> {
    Ok(host::groups::get_ancestors(of, depth)?.into_iter().map(group).collect())
}

pub(super) fn send(request: HttpRequest) -> Result<HttpResponse, types::SignInError> {
    let HttpRequest { method, url, headers, body, credential } = request;
    let request = host::http_client::HttpRequest { method, url, headers, body, credential };
    let host::http_client::HttpResponse { status, headers, body } = host::http_client::send_request(&request)?;
    Ok(HttpResponse { status, headers, body })
}

fn group(group: host::groups::Group) -> crate::Group {
    crate::Group(Group(group))
}
