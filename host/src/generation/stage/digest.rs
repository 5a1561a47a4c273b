//! Digest: what exactly runs, and whether it is what the operator pinned.

use std::{fmt::Write, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};

use super::{StageError, Step, fetch::Fetched};

pub(super) fn run(fetched: &Fetched) -> Result<Arc<str>, StageError> {
    let mut text = String::from("sha256:");
    for byte in digest(&SHA256, &fetched.bytes).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    match &fetched.expected_digest {
        Some(expected) if *expected != text => {
            let message = format!("{} has the digest {text}, expected {expected}: put the right file there, or write its digest", fetched.origin);
            Err(fetched.refuse(Step::Digest, message))
        }
        _ => Ok(text.into()),
    }
}
