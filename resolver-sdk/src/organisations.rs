//! A setting that whoever asks about memberships shares: the organisations whose members may sign in.

use serde::Deserialize;

use crate::{Groups, Setting};

/// A list of organisations, at least one: logins of GitHub, full paths of GitLab, ids of Microsoft Graph. An empty list is refused when the settings are
/// read: to real resolvers it meant everybody. The case of ASCII letters does not matter.
///
/// ```
/// use resolver_sdk::{Groups, Organisations};
///
/// let allowed: Organisations = serde_json::from_str(r#"["corp"]"#)?;
/// assert!(allowed.contains("Corp"));
/// assert!(!allowed.contains("corp/team"));
/// assert!(serde_json::from_str::<Organisations>("[]").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Organisations(Vec<String>);

impl Organisations {
    /// Whether this is one of them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|organisation| organisation.eq_ignore_ascii_case(name))
    }

    /// Those of the given groups that are among them.
    pub fn among(&self, groups: &Groups) -> Groups {
        groups.names().iter().map(String::as_str).filter(|name| self.contains(name)).collect()
    }
}

impl TryFrom<Vec<String>> for Organisations {
    type Error = &'static str;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        if names.is_empty() {
            return Err("at least one organisation must be named");
        }
        if names.iter().any(|name| name.is_empty() || name.contains(|c: char| c == '*' || c.is_whitespace())) {
            return Err("an organisation is not empty and holds no * and no blank");
        }
        Ok(Self(names))
    }
}

impl Setting for Organisations {
    fn push_schema(members: &mut String) {
        members.push_str(r#""type":"array","items":{"type":"string","pattern":"^[^*\\s]+$"},"minItems":1"#);
    }
}
