//! `http`: what other systems answer.

use serde_json::Value as Json;

use crate::config::Field;

/// A request and what comes of it.
#[derive(Debug)]
pub struct Exchange {
    /// In upper case.
    pub method: String,
    /// Exactly as the component writes it.
    pub url: String,
    /// The credential that the request must bear; without it any will do, or none.
    pub credential: Option<String>,
    /// What comes back.
    pub answer: Answer,
}

/// What comes back.
#[derive(Debug)]
pub enum Answer {
    /// An answer.
    Response {
        /// 200 to 599.
        status: u16,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Nobody answers whole and in time.
    Unavailable,
}

pub(super) fn read(field: &Field<'_>) -> Option<Vec<Exchange>> {
    if !field.is_set() {
        return Some(Vec::new());
    }
    let items = field.items()?;
    let exchanges: Vec<_> = items.iter().map(exchange).collect();
    let exchanges: Vec<Exchange> = exchanges.into_iter().collect::<Option<_>>()?;
    for (nth, exchange) in exchanges.iter().enumerate() {
        if exchanges[..nth].iter().any(|other| other.method == exchange.method && other.url == exchange.url) {
            return items[nth].error("this request stands there twice: an answer is given as often as it is asked for");
        }
    }
    Some(exchanges)
}

fn exchange(field: &Field<'_>) -> Option<Exchange> {
    field.only(&["request", "response", "fault"]);
    let request = field.key("request");
    request.required("the request: { method, url }")?;
    request.only(&["method", "url", "credential"]);
    let (method, credential) = (request.key("method"), request.key("credential"));
    let method = if method.is_set() { method.string("a method in upper case") } else { Some("GET") };
    let url = request.key("url").required_string("the URL, exactly as the component writes it");
    let credential = credential.is_set().then(|| credential.string("the name of a credential").map(str::to_owned));
    let answer = answer(field);
    Some(Exchange {
        method: method?.to_owned(),
        url: url?.to_owned(),
        credential: credential.map_or(Some(None), |credential| credential.map(Some))?,
        answer: answer?,
    })
}

fn answer(field: &Field<'_>) -> Option<Answer> {
    let (response, fault) = (field.key("response"), field.key("fault"));
    match (response.is_set(), fault.is_set()) {
        (true, false) => self::response(&response),
        (false, true) => match fault.string("unavailable")? {
            "unavailable" => Some(Answer::Unavailable),
            _ => fault.expected_shown("unavailable"),
        },
        _ => field.error("expected either a response or a fault"),
    }
}

fn response(field: &Field<'_>) -> Option<Answer> {
    field.only(&["status", "headers", "json", "body"]);
    let status = field.key("status");
    let status = if status.is_set() { status.integer(200..=599) } else { Some(200) };
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, field) in field.key("headers").required_entries() {
        headers.push((name.to_ascii_lowercase(), field.any_text("the value of a header")?.to_owned()));
    }
    let (json, text) = (field.key("json"), field.key("body"));
    let body = match (json.json(), text.is_set()) {
        (Some(_), true) => return field.error("expected either json or a body"),
        (Some(json), false) => json_body(&json, &mut headers),
        (None, true) => text.any_text("a text; write json: for data")?.into(),
        (None, false) => Vec::new(),
    };
    Some(Answer::Response { status: status?, headers, body })
}

fn json_body(json: &Json, headers: &mut Vec<(String, String)>) -> Vec<u8> {
    if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".into(), "application/json".into()));
    }
    json.to_string().into_bytes()
}
