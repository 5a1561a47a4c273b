//! HTTP/2 by hand, for what no client library would send.

/// What a client says first: the preface and empty SETTINGS.
pub(crate) const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `GET /` on stream 1, with these headers.
pub(crate) fn request(fields: &[(&str, &str)]) -> Vec<u8> {
    headers(fields, END_STREAM | END_HEADERS)
}

/// The same, but for the promise that more of it follows.
pub(crate) fn unfinished_request() -> Vec<u8> {
    headers(&[], END_STREAM)
}

fn headers(fields: &[(&str, &str)], flags: u8) -> Vec<u8> {
    // Entries of the static table: GET, http, /.
    let mut block = vec![0x82, 0x86, 0x84];
    for (name, value) in [(":authority", "x")].iter().chain(fields) {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("a short text"));
            block.extend(text.as_bytes());
        }
    }
    let mut frame = vec![0, 0, u8::try_from(block.len()).expect("a short block"), HEADERS, flags, 0, 0, 0, 1];
    frame.extend(block);
    frame
}

/// The frames of stream 1 among these bytes: type and payload.
pub(crate) fn of_stream_1(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(9) {
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let Some((payload, rest)) = rest.split_at_checked(length) else { break };
        if head[5..] == [0, 0, 0, 1] {
            frames.push((head[3], payload.to_vec()));
        }
        bytes = rest;
    }
    frames
}
