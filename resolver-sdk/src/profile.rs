//! How a person is shown in Backstage's page.

/// An absent member is left out of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// E-mail address, as the proxy or the catalog has it.
    pub email: Option<String>,
    /// Name for people to read.
    pub display_name: Option<String>,
    /// URL of a picture.
    pub picture: Option<String>,
}
