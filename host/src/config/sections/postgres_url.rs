//! PostgreSQL's connection URLs, as `pg-connection-string` reads them. No error holds any of the text: there is a password in it.

use super::postgres::PostgresTls;
use crate::config::secret::Secret;

/// What a connection says; the rest is left to others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UrlParts {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) database: Option<String>,
    pub(super) application_name: Option<String>,
    /// Set, to none or to some.
    #[expect(clippy::option_option, reason = "set to none is another thing than not set")]
    pub(super) tls: Option<Option<PostgresTls>>,
}

impl UrlParts {
    /// Each part, or where it is missing that of the other.
    pub(super) fn over(self, other: Self) -> Self {
        Self {
            host: self.host.or(other.host),
            port: self.port.or(other.port),
            user: self.user.or(other.user),
            password: self.password.or(other.password),
            database: self.database.or(other.database),
            application_name: self.application_name.or(other.application_name),
            tls: self.tls.or(other.tls),
        }
    }
}

/// Takes a URL apart, or says what is wrong with it.
pub(super) fn parse(url: &str) -> Result<UrlParts, &'static str> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")).ok_or("this is no URL of PostgreSQL")?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // A password with a slash in it ends here, and its rest would be shown as the name of a database.
    if path.contains('@') || query.contains('@') {
        return Err("an @ stands after a / or a ?: in a password write %2F and %3F for these two, and elsewhere %40 for the @");
    }
    let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (place, ""),
    };
    let mut parts = UrlParts {
        host: part(host.trim_start_matches('[').trim_end_matches(']'))?,
        port: port_number(port)?,
        user: part(user)?,
        password: part(password)?.map(Secret::new),
        database: part(path)?,
        ..UrlParts::default()
    };
    for (name, value) in query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        parameter(&mut parts, name, part(&value.replace('+', " "))?.unwrap_or_default())?;
    }
    Ok(parts)
}

fn parameter(parts: &mut UrlParts, name: &str, value: String) -> Result<(), &'static str> {
    let tls = |verify| Some(PostgresTls { verify, ca: None, client: None });
    match name {
        "host" => parts.host = Some(value),
        "port" => parts.port = port_number(&value)?,
        "user" => parts.user = Some(value),
        "password" => parts.password = Some(Secret::new(value)),
        "application_name" => parts.application_name = Some(value),
        "ssl" | "sslmode" => {
            parts.tls = Some(match value.as_str() {
                "false" | "0" | "disable" => None,
                "no-verify" => tls(false),
                // As the driver does: all of them check the certificate and the name in it.
                "true" | "1" | "prefer" | "require" | "verify-ca" | "verify-full" => tls(true),
                _ => return Err("sslmode is none of disable, require, verify-full, no-verify"),
            });
        }
        _ => {
            return Err(
                "the URL has a parameter that is not supported here: only host, port, user, password, application_name, ssl and sslmode are; certificates stand in ssl: { ca, cert, key }",
            );
        }
    }
    Ok(())
}

fn port_number(text: &str) -> Result<Option<u16>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| "the port is no number from 1 to 65535")
}

/// A part, percent-decoded; an empty one is none.
fn part(text: &str) -> Result<Option<String>, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let decoded = (*byte == b'%').then(|| after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok())).flatten();
        bytes.push(decoded.unwrap_or(*byte));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    let text = String::from_utf8(bytes).map_err(|_| "a part of the URL is not in UTF-8")?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let parts = parse("postgres://bob:p%40ss:w@db.example:6432/back%20stage?sslmode=no-verify&application_name=x+y").unwrap();
        assert_eq!((parts.host.as_deref(), parts.port, parts.user.as_deref()), (Some("db.example"), Some(6432), Some("bob")));
        assert_eq!((parts.password.unwrap().expose(), parts.database.as_deref()), ("p@ss:w", Some("back stage")));
        assert_eq!((parts.application_name.as_deref(), parts.tls.unwrap().unwrap().verify), (Some("x y"), false));
        let parts = parse("postgresql://[::1]/").unwrap();
        assert_eq!((parts.host.as_deref(), parts.port, parts.database, parts.tls), (Some("::1"), None, None, None));
        assert_eq!(parse("postgres://h?sslmode=disable").unwrap().tls, Some(None));
    }

    #[test]
    fn an_at_sign_may_be_anywhere_if_it_is_encoded() {
        let parts = parse("postgres://u%40x:12%2F34@h/a%40b?application_name=c%40d").unwrap();
        assert_eq!((parts.user.as_deref(), parts.password.unwrap().expose()), (Some("u@x"), "12/34"));
        assert_eq!((parts.database.as_deref(), parts.application_name.as_deref()), (Some("a@b"), Some("c@d")));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        for url in [
            "mysql://hunter2@x",
            "hunter2",
            "postgres://u:hunter2@h:port",
            "postgres://u:hunter2@h?sslmode=hunter2",
            "postgres://h?sslcert=hunter2",
            // Passwords with a slash or a question mark: what follows is no longer a password, and could be taken for a database.
            "postgres://u:12/hunter2@h/x",
            "postgres://u:/hunter2@h/x",
            "postgres://u:12/34/hunter2@h",
            "postgres://u:12?hunter2@h/x",
            "postgres://u:12?host=hunter2@h/x",
        ] {
            let wrong = parse(url).unwrap_err();
            assert!(!wrong.contains("hunter2"), "{wrong}");
        }
    }
}
