//! The recorded cases, and the bytes that they mean.

use serde_json::Value;

const FILES: [&str; 7] = [
    include_str!("data/endpoints.jsonl"),
    include_str!("data/forward-auth.jsonl"),
    include_str!("data/identity.jsonl"),
    include_str!("data/no-session.jsonl"),
    include_str!("data/signed.jsonl"),
    include_str!("data/spoof.jsonl"),
    include_str!("data/tokens.jsonl"),
];

/// One request that reached the server behind the proxy.
pub(crate) struct Recorded {
    /// The configuration and the situation.
    pub(crate) id: String,
    /// The person whom the proxy had let in.
    pub(crate) truth: Option<String>,
    /// The request.
    pub(crate) bytes: Vec<u8>,
}

/// Recorded with every header that a client can copy, a nonsensical ID token among them, which alone gives that client away.
const COPIES: &str = "nginx-names/copies";

/// Every case that reached the server, and [`COPIES`] once more as a client would send it who leaves the ID token out.
pub(crate) fn recorded() -> Vec<Recorded> {
    let cases = FILES.iter().flat_map(|file| file.lines()).map(|line| serde_json::from_str::<Value>(line).expect("a recorded case"));
    let reached = cases.filter(|case| !case["upstream"].is_null());
    let both = |case| {
        let clever = without_id_token(&case);
        std::iter::once(case).chain(clever)
    };
    reached.flat_map(both).map(|case| Recorded::new(&case)).collect()
}

fn without_id_token(case: &Value) -> Option<Value> {
    let mut clever = case.clone();
    clever["id"] = format!("{COPIES}-without-id-token").into();
    let is_token = |header: &Value| header[0].as_str().is_some_and(|name| name.eq_ignore_ascii_case("x-oauth2-proxy-id-token"));
    clever["upstream"]["headers"].as_array_mut()?.retain(|header| !is_token(header));
    (case["id"] == COPIES).then_some(clever)
}

impl Recorded {
    fn new(case: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self { id: text(&case["id"]).expect("an id"), truth: text(&case["truth"]["user"]), bytes: bytes(&case["upstream"]) }
    }
}

/// As the recorder's own `replay.mjs` puts them on the wire.
fn bytes(upstream: &Value) -> Vec<u8> {
    let fields = |name: &str| upstream[name].as_array().cloned().unwrap_or_default();
    let headers = fields("headers");
    let body = upstream["body"].as_str().unwrap_or_default();
    let is_chunked = |field: &Value| {
        let is = |index: usize, text: &str| field[index].as_str().is_some_and(|value| value.eq_ignore_ascii_case(text));
        is(0, "transfer-encoding") && is(1, "chunked")
    };
    let mut bytes = format!("{}\r\n", upstream["line"].as_str().expect("a request line")).into_bytes();
    bytes.extend(headers.iter().flat_map(field));
    bytes.extend(b"\r\n");
    if !headers.iter().any(is_chunked) {
        bytes.extend(body.bytes());
        return bytes;
    }
    if !body.is_empty() {
        bytes.extend(format!("{:x}\r\n{body}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"0\r\n");
    bytes.extend(fields("trailers").iter().flat_map(field));
    bytes.extend(b"\r\n");
    bytes
}

fn field(header: &Value) -> Vec<u8> {
    let value = header[2].as_str().map_or_else(|| header[1].as_str().expect("a value").as_bytes().to_vec(), unhex);
    [header[0].as_str().expect("a name").as_bytes(), b": ", &value, b"\r\n"].concat()
}

fn unhex(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}
