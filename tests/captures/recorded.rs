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

/// Every case that reached the server.
pub(crate) fn recorded() -> Vec<Recorded> {
    let case = |line: &str| -> Option<Recorded> {
        let case: Value = serde_json::from_str(line).expect("a recorded case");
        let upstream = case.get("upstream").filter(|upstream| !upstream.is_null())?;
        let id = case["id"].as_str().expect("an id").to_owned();
        Some(Recorded { id, truth: case["truth"]["user"].as_str().map(str::to_owned), bytes: bytes(upstream) })
    };
    FILES.iter().flat_map(|file| file.lines()).filter_map(case).collect()
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
    headers.iter().for_each(|header| bytes.extend(field(header)));
    bytes.extend(b"\r\n");
    if !headers.iter().any(is_chunked) {
        bytes.extend(body.bytes());
        return bytes;
    }
    if !body.is_empty() {
        bytes.extend(format!("{:x}\r\n{body}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"0\r\n");
    fields("trailers").iter().for_each(|trailer| bytes.extend(field(trailer)));
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
