//! One page of a list of memberships, as each service writes it.

use serde::{Deserialize, de::DeserializeOwned};

use super::{Service, no_answer};
use crate::{Error, HttpResponse};

/// Names of what somebody is a member of, and where the list goes on.
pub(super) struct Page {
    pub(super) names: Vec<String>,
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
struct GitHubOrganisation {
    login: String,
}

#[derive(Deserialize)]
struct GitLabGroup {
    full_path: String,
}

#[derive(Deserialize)]
struct GraphPage {
    value: Vec<GraphObject>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// A group, a role or an administrative unit.
#[derive(Deserialize)]
struct GraphObject {
    id: String,
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
}

impl Service {
    pub(super) fn page(self, answer: &HttpResponse) -> Result<Page, Error> {
        let next = || answer.header("link").and_then(next_link).map(str::to_owned);
        Ok(match self {
            Self::GitHub => {
                let names = read::<Vec<GitHubOrganisation>>(answer)?.into_iter().map(|organisation| organisation.login).collect();
                Page { names, next: next() }
            }
            Self::GitLab => {
                let names = read::<Vec<GitLabGroup>>(answer)?.into_iter().map(|group| group.full_path).collect();
                Page { names, next: next() }
            }
            Self::MicrosoftGraph => {
                let page: GraphPage = read(answer)?;
                let groups = page.value.into_iter().filter(|object| object.kind.as_deref() == Some("#microsoft.graph.group"));
                Page { names: groups.map(|group| group.id).collect(), next: page.next }
            }
        })
    }
}

fn read<T: DeserializeOwned>(answer: &HttpResponse) -> Result<T, Error> {
    answer.json().map_err(|_| no_answer("the answer is not as that service writes it"))
}

/// The target of `rel="next"` in a `Link` header. Source: RFC 8288.
fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |parameter: &str| matches!(parameter.trim(), r#"rel="next""# | "rel=next");
        parameters.split(';').any(is_next).then_some(target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_one_called_so() {
        let first = r#"<https://a.example/x?page=1>; rel="prev""#;
        for (header, next) in [
            (r#"<https://a.example/x?page=2>; rel="next", <https://a.example/x?page=9>; rel="last""#.to_owned(), Some("https://a.example/x?page=2")),
            (format!(r"{first},<https://a.example/x?page=3>;title=x; rel=next"), Some("https://a.example/x?page=3")),
            (first.to_owned(), None),
            (String::new(), None),
            (r#"https://a.example/x; rel="next""#.to_owned(), None),
            (r#"<https://a.example/x; rel="next""#.to_owned(), None),
        ] {
            assert_eq!(next_link(&header), next, "{header}");
        }
    }
}
