//! Names that stay apart although cleaning would make them one: what was lost comes back as a hash.

use sha2::{Digest, Sha256};

use super::MAX_BYTES;

/// The name as it is where nothing was lost. Otherwise with the hash of the text that it was made of; also where it ends like one that has a hash, or it
/// could be chosen to be that. Nothing where nothing is left.
pub(super) fn from_all_others(name: String, text: &str) -> String {
    if name.len() <= MAX_BYTES && name.eq_ignore_ascii_case(text) && !looks_hashed(&name) {
        return name;
    }
    let hash = hash(text);
    let kept = name.get(..MAX_BYTES - 1 - hash.len()).unwrap_or(&name);
    match kept.trim_end_matches(['-', '_', '.']) {
        "" => String::new(),
        kept => [kept, "-", &hash].concat(),
    }
}

fn looks_hashed(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, end)| end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The first 8 digits of the SHA-256 of the text in lower case.
fn hash(text: &str) -> String {
    let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or_default();
    let digest = Sha256::digest(text.to_ascii_lowercase());
    digest.iter().take(4).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
