//! What `add-ownership` and `replace-ownership` have in common: which refs a guest may give out, and how many.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::{
    domain::{
        self,
        decision::Attempt,
        error::{Blame, ErrorName, SignInError},
        grant::{NameBounds, Power},
        identity::{Identity, MAX_REFS},
    },
    wasm::{bindings::stagedoor::resolver::types, powers::Gate, store::State},
};

use super::convert;

/// How the gate opens for one of the two powers.
type Open = for<'a> fn(&'a Gate, &mut Attempt) -> Result<&'a NameBounds, SignInError>;

impl State {
    /// Lets `change` have the refs if the power is granted and all of them are within its bounds; otherwise nothing changes.
    pub(super) fn change_ownership(
        &mut self,
        (power, open): (Power, Open),
        identity: &Resource<Identity>,
        refs: &[types::EntityRef],
        change: impl FnOnce(&mut Identity, Vec<domain::entity_ref::EntityRef>),
    ) -> wasmtime::Result<Result<(), types::SignInError>> {
        // A handle that is none ends the guest, whatever the gate says.
        self.table.get(identity)?;
        Ok(match self.allowed_refs(power, open, identity, refs)? {
            Ok(refs) => {
                self.given_refs += refs.len();
                change(self.table.get_mut(identity)?, refs);
                Ok(())
            }
            Err(error) => Err(self.tell(error)),
        })
    }

    fn allowed_refs(
        &mut self,
        power: Power,
        open: Open,
        identity: &Resource<Identity>,
        refs: &[types::EntityRef],
    ) -> wasmtime::Result<Result<Vec<domain::entity_ref::EntityRef>, SignInError>> {
        let permissions = Arc::clone(&self.permissions);
        let bounds = match open(&permissions.gate, &mut self.attempt) {
            Ok(bounds) => bounds,
            Err(refused) => return Ok(Err(refused)),
        };
        if self.given_refs.saturating_add(refs.len()) > MAX_REFS {
            self.attempt.refuse(power);
            return Ok(Err(too_many(self.given_refs.saturating_add(refs.len()))));
        }
        let refs: Vec<_> = match refs.iter().map(convert::issued_ref).collect() {
            Ok(refs) => refs,
            Err(invalid) => {
                self.attempt.refuse(power);
                return Ok(Err(SignInError { blame: Blame::Guest, ..invalid }));
            }
        };
        let out_of_bounds = self.table.get(identity)?.not_theirs(&refs).into_iter().find(|owned| !bounds.allow(owned)).cloned();
        Ok(match out_of_bounds {
            Some(owned) => Err(permissions.gate.out_of_bounds(power, &self.revealed.in_short(owned.as_str()), &mut self.attempt)),
            None => Ok(refs),
        })
    }
}

fn too_many(refs: usize) -> SignInError {
    let error = SignInError::new(ErrorName::Input, format!("A resolver may give out at most {MAX_REFS} refs of ownership"));
    SignInError { blame: Blame::Guest, ..error }.because(format!("it gave out {refs} in one sign-in"))
}
