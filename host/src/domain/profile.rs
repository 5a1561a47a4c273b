//! What the page shows about a person.

use serde::Serialize;

use super::headers::{Headers, identity};

/// Members that are absent are left out of the answer: the page refuses `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// E-mail address, as the proxy or the catalog gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

impl Profile {
    /// The default profile of Backstage's `oauth2Proxy` authenticator: the forwarded e-mail, and the preferred username or else the user.
    /// An empty e-mail stays an empty e-mail.
    pub fn from_headers(headers: &Headers) -> Self {
        let own = |name| headers.get(name).map(str::to_owned);
        let display_name = headers.get(identity::PREFERRED_USERNAME).filter(|name| !name.is_empty()).map(str::to_owned);
        Self { email: own(identity::EMAIL), display_name: display_name.or_else(|| own(identity::USER)), picture: None }
    }
}
