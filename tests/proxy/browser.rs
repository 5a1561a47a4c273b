//! The least of a browser: it follows redirects and keeps cookies, by port, since everything here has the same host.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
};

use stagedoor_tests::{door::PATIENCE, wire::Answer};

/// A browser with somebody in front of it.
pub(crate) struct Browser {
    person: &'static str,
    cookies: BTreeMap<(u16, String), String>,
}

impl Browser {
    /// Whom the provider takes for this person.
    pub(crate) fn new(person: &'static str) -> Self {
        Self { person, cookies: BTreeMap::new() }
    }

    /// Follows the redirects from the proxy to the provider and back.
    pub(crate) fn sign_in(&mut self, proxy: u16) {
        let (mut port, mut path) = (proxy, "/oauth2/start?rd=%2Foauth2%2Fuserinfo".to_owned());
        for _ in 0..12 {
            let answer = self.get(port, &path, &[("x-person", self.person)]);
            let Some(location) = header(&answer, "location").next() else {
                assert_eq!((answer.status, port), (200, proxy), "the sign-in stopped at {port}{path}: {}", answer.text);
                return;
            };
            (port, path) = match location.strip_prefix("http://").and_then(|rest| rest.split_once('/')) {
                Some((authority, path)) => (authority.rsplit(':').next().unwrap().parse().unwrap(), format!("/{path}")),
                None => (port, location.to_owned()),
            };
        }
        panic!("the sign-in goes round and round");
    }

    /// A request with the cookies of that port. In HTTP/1.0, so that the end of the answer is the end of the connection.
    pub(crate) fn get(&mut self, port: u16, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let cookies: Vec<_> = self.cookies.iter().filter(|((at, _), _)| *at == port).map(|((_, name), value)| format!("{name}={value}")).collect();
        let mut request = format!("GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\nCookie: {}\r\n", cookies.join("; "));
        for (name, value) in headers {
            request.extend([*name, ": ", *value, "\r\n"]);
        }
        stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let answer = Answer::parse(&bytes).unwrap();
        for cookie in header(&answer, "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap_or_default().split_once('=').unwrap_or_default();
            self.cookies.insert((port, name.to_owned()), value.to_owned());
        }
        answer
    }
}

fn header<'a>(answer: &'a Answer, wanted: &str) -> impl Iterator<Item = &'a str> {
    let head = answer.text.split("\r\n\r\n").next().unwrap_or_default();
    head.lines().filter_map(|line| line.split_once(": ")).filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}
