//! The last question before a token is issued: may this resolver say so?
//!
//! It is asked of what the resolver returned, not of what it promised while it ran, so a mistake in a host function cannot sign anybody in.

use super::{
    error::{Blame, ErrorCode, ErrorName, SignInError},
    grant::{Decision, Grants},
    identity::{Identity, Origin},
};

/// Refuses an identity that is no user, or that no look-up and no grant of this component backs.
pub fn check(identity: &Identity, grants: &Grants) -> Result<(), SignInError> {
    let user = identity.user_entity_ref();
    if user.kind() != "user" {
        return Err(refused(format!("{user} is not of kind user")));
    }
    let allowed = match &identity.origin {
        Origin::Catalog(_) => true,
        Origin::Fallback(name) => matches!(&grants.fallback, Some(Decision::Grant(bounds)) if bounds.allow(name)),
        Origin::IssueSelf(name) => matches!(&grants.issue_self, Some(Decision::Grant(bounds)) if bounds.names.allow(name)),
    };
    if allowed { Ok(()) } else { Err(refused(format!("no grant of the resolver allows {user}"))) }
}

fn refused(cause: String) -> SignInError {
    SignInError::own(ErrorName::NotAllowed, ErrorCode::Guarded, Blame::Guest, "The resolver may not sign in this user").because(cause)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        entity_ref::EntityRef,
        grant::{IssueSelfBounds, NameBounds, Pattern},
        profile::Profile,
        user::User,
    };

    fn entity_ref(text: &str) -> EntityRef {
        EntityRef::parse(text, "user", "default").unwrap()
    }

    fn granted() -> Grants {
        let bounds = |kinds| NameBounds {
            kinds: vec![Pattern::new(kinds).unwrap()],
            namespaces: vec![Pattern::new("default").unwrap()],
            names: vec![Pattern::new("[a-z]+").unwrap()],
        };
        let issue_self = IssueSelfBounds { names: bounds("user"), unless_in_catalog: false };
        Grants { fallback: Some(Decision::Grant(bounds("user|group"))), issue_self: Some(Decision::Grant(issue_self)) }
    }

    #[test]
    fn a_user_that_the_catalog_found_passes() {
        let user = User {
            entity_ref: entity_ref("user:default/alice"),
            profile: Profile::default(),
            annotations: vec![],
            ownership_entity_refs: vec![],
            json: String::new(),
        };
        assert!(check(&Identity::new(Origin::Catalog(Arc::new(user))), &Grants::deny_all()).is_ok());
    }

    #[test]
    fn a_name_needs_the_grant_of_the_power_that_made_it() {
        for origin in [Origin::Fallback, Origin::IssueSelf] {
            let identity = Identity::new(origin(entity_ref("user:default/zed")));
            assert!(check(&identity, &granted()).is_ok());
            assert!(check(&identity, &Grants::deny_all()).is_err());
            assert!(check(&identity, &Grants::default()).is_err());
            assert!(check(&Identity::new(origin(entity_ref("user:default/zed-9"))), &granted()).is_err());
        }
    }

    #[test]
    fn a_group_never_signs_in_even_where_a_grant_names_its_kind() {
        assert!(check(&Identity::new(Origin::Fallback(entity_ref("group:default/admins"))), &granted()).is_err());
    }
}
