//! The last question before a token is issued: may this resolver say so?
//!
//! It is asked of what the resolver returned, not of what it promised while it ran, so a mistake in a host function cannot sign anybody in.

use super::{
    claims::MAX_BYTES,
    error::{Blame, ErrorCode, ErrorName, SignInError},
    grant::{Decision, Grants},
    identity::{Identity, MAX_REFS, Origin},
};

/// Refuses an identity that is no user, or that says anything which no look-up and no grant of this resolver backs: who it is, what it owns, what
/// its token claims. What an ownership component says is looked at too.
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
    if !allowed {
        return Err(refused(format!("no grant of the resolver allows {user}")));
    }
    check_resolved(identity)?;
    check_ownership(identity, grants)?;
    check_claims(identity, grants)
}

/// An ownership component may say anything but that somebody owns what another person owns: the operator named it so that it may.
fn check_resolved(identity: &Identity) -> Result<(), SignInError> {
    let (user, resolved) = (identity.user_entity_ref(), identity.resolved_ownership.as_deref().unwrap_or_default());
    if resolved.len() > MAX_REFS {
        return Err(not_theirs_to_say(format!("it gave {user} {} refs, at most {MAX_REFS} are allowed", resolved.len())));
    }
    match resolved.iter().find(|owned| owned.kind() == "user" && *owned != user) {
        Some(other) => Err(not_theirs_to_say(format!("it let {user} own {other}, which is another user"))),
        None => Ok(()),
    }
}

fn check_ownership(identity: &Identity, grants: &Grants) -> Result<(), SignInError> {
    let (replaced, added) = (identity.replaced_ownership.as_deref(), &identity.added_ownership[..]);
    if replaced.map_or(0, <[_]>::len) + added.len() > MAX_REFS {
        return Err(refused(format!("the resolver gave {} more than {MAX_REFS} refs", identity.user_entity_ref())));
    }
    // Leaving something out is a change too, so it takes the grant even where no ref is left to look at.
    if replaced.is_some() && !matches!(grants.replace_ownership, Some(Decision::Grant(_))) {
        return Err(refused("no grant of the resolver allows to change an ownership".to_owned()));
    }
    let sides = [(replaced.unwrap_or_default(), &grants.replace_ownership), (added, &grants.add_ownership)];
    for (refs, decision) in sides.into_iter().filter(|(refs, _)| !refs.is_empty()) {
        let Some(Decision::Grant(bounds)) = decision else {
            return Err(refused("no grant of the resolver allows to change an ownership".to_owned()));
        };
        if let Some(owned) = identity.not_theirs(refs).into_iter().find(|owned| !bounds.allow(owned)) {
            return Err(refused(format!("no grant of the resolver allows to own {owned}")));
        }
    }
    Ok(())
}

fn check_claims(identity: &Identity, grants: &Grants) -> Result<(), SignInError> {
    if identity.claims.bytes() > MAX_BYTES {
        return Err(refused(format!("the resolver gave more than {MAX_BYTES} bytes of claims")));
    }
    let granted = |name: &&str| matches!(&grants.add_token_claims, Some(Decision::Grant(bounds)) if bounds.allow(name));
    match identity.claims.names().find(|name| !granted(name)) {
        Some(name) => Err(refused(format!("no grant of the resolver allows the claim {name:?}"))),
        None => Ok(()),
    }
}

/// The refusal of what an ownership component says.
pub fn not_theirs_to_say(cause: String) -> SignInError {
    SignInError::own(ErrorName::NotAllowed, ErrorCode::Guarded, Blame::Guest, "The ownership component may not say what this user owns")
        .because(cause)
}

fn refused(cause: String) -> SignInError {
    SignInError::own(ErrorName::NotAllowed, ErrorCode::Guarded, Blame::Guest, "The resolver may not sign in this user").because(cause)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        claims::Claims,
        entity_ref::EntityRef,
        grant::{ClaimBounds, IssueSelfBounds, NameBounds, Pattern},
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
        let claims = ClaimBounds { claims: vec!["groups".to_owned(), "sub".to_owned()] };
        Grants {
            fallback: Some(Decision::Grant(bounds("user|group"))),
            issue_self: Some(Decision::Grant(issue_self)),
            add_ownership: Some(Decision::Grant(bounds("group"))),
            replace_ownership: Some(Decision::Grant(bounds("group"))),
            add_token_claims: Some(Decision::Grant(claims)),
            ..Grants::deny_all()
        }
    }

    /// Alice, of team-9, as the catalog has her.
    fn alice() -> Identity {
        let user = User {
            entity_ref: entity_ref("user:default/alice"),
            profile: Profile::default(),
            annotations: vec![],
            ownership_entity_refs: vec![entity_ref("user:default/alice"), entity_ref("group:default/team-9")],
            json: String::new(),
        };
        Identity::new(Origin::Catalog(Arc::new(user)))
    }

    #[test]
    fn a_user_that_the_catalog_found_passes() {
        assert!(check(&alice(), &Grants::deny_all()).is_ok());
    }

    #[test]
    fn what_is_added_needs_the_grant_for_it() {
        let mut identity = alice();
        for (owned, allowed) in [("group:default/ops", true), ("group:default/ops-9", false), ("user:default/bob", false), ("group:other/ops", false)]
        {
            identity.added_ownership = vec![entity_ref(owned)];
            assert_eq!(check(&identity, &granted()).is_ok(), allowed, "{owned}");
            assert!(check(&identity, &Grants { add_ownership: None, ..granted() }).is_err());
            assert!(check(&identity, &Grants { add_ownership: Some(Decision::Deny), ..granted() }).is_err());
        }
    }

    #[test]
    fn what_the_catalog_says_may_be_left_out_only_with_the_grant() {
        let mut identity = alice();
        for left in [&[][..], &["group:default/team-9"], &["user:default/alice"], &["group:default/ops", "user:default/alice"]] {
            identity.replaced_ownership = Some(left.iter().map(|owned| entity_ref(owned)).collect());
            assert!(check(&identity, &granted()).is_ok(), "{left:?}");
            assert!(check(&identity, &Grants { replace_ownership: Some(Decision::Deny), ..granted() }).is_err(), "{left:?}");
        }
        identity.replaced_ownership = Some(vec![entity_ref("group:default/team-8")]);
        assert!(check(&identity, &granted()).is_err());
    }

    #[test]
    fn there_are_not_more_refs_than_a_resolver_may_give_out() {
        let mut identity = alice();
        identity.added_ownership = vec![entity_ref("group:default/ops"); MAX_REFS - 1];
        identity.replaced_ownership = Some(vec![entity_ref("group:default/ops")]);
        assert!(check(&identity, &granted()).is_ok());
        identity.added_ownership.push(entity_ref("group:default/ops"));
        assert!(check(&identity, &granted()).is_err());
    }

    #[test]
    fn an_ownership_component_may_say_anything_but_that_they_own_what_another_user_does() {
        let mut identity = alice();
        for (owned, allowed) in [
            ("group:other/admins", true),
            ("user:default/alice", true),
            ("system:default/shop", true),
            ("user:default/bob", false),
            ("user:other/alice", false),
        ] {
            identity.resolved_ownership = Some(vec![entity_ref("group:default/ops"), entity_ref(owned)]);
            assert_eq!(check(&identity, &Grants::deny_all()).is_ok(), allowed, "{owned}");
        }
        identity.resolved_ownership = Some(vec![entity_ref("group:default/ops"); MAX_REFS]);
        assert!(check(&identity, &Grants::deny_all()).is_ok());
        identity.resolved_ownership = Some(vec![entity_ref("group:default/ops"); MAX_REFS + 1]);
        assert!(check(&identity, &granted()).is_err());
    }

    #[test]
    fn what_it_has_taken_away_is_no_longer_theirs_and_what_it_gave_them_is() {
        let mut identity = alice();
        identity.resolved_ownership = Some(vec![entity_ref("group:default/team-8")]);
        for (owned, allowed) in [("group:default/team-8", true), ("user:default/alice", true), ("group:default/team-9", false)] {
            identity.added_ownership = vec![entity_ref(owned)];
            assert_eq!(check(&identity, &granted()).is_ok(), allowed, "{owned}");
        }
    }

    #[test]
    fn a_claim_needs_the_grant_and_is_never_one_of_the_token_itself() {
        let mut identity = alice();
        for (claims, allowed) in [(r#"{"groups":[]}"#, true), (r#"{"groups":[],"roles":[]}"#, false), (r#"{"sub":"user:default/bob"}"#, false)] {
            identity.claims = Claims::parse(claims).unwrap();
            assert_eq!(check(&identity, &granted()).is_ok(), allowed, "{claims}");
            assert!(check(&identity, &Grants::deny_all()).is_err());
        }
    }

    #[test]
    fn there_are_not_more_bytes_of_claims_than_a_resolver_may_give_out() {
        let half = |name: &str| Claims::parse(&format!(r#"{{"{name}":"{}"}}"#, "x".repeat(5000))).unwrap();
        let claims = ClaimBounds { claims: vec!["a".to_owned(), "b".to_owned()] };
        let grants = Grants { add_token_claims: Some(Decision::Grant(claims)), ..granted() };
        let mut identity = alice();
        identity.claims = half("a");
        assert!(check(&identity, &grants).is_ok());
        identity.claims.add(half("b"));
        assert!(check(&identity, &grants).is_err());
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
