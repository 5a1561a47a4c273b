//! The numbers in a `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7) of the three kinds of keys that sign here.

use crate::domain::token_algorithm::TokenAlgorithm;

use super::key::PublicNumbers;

/// Everything before the point of a P-256 key (RFC 5480).
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// Everything before the point of an Ed25519 key (RFC 8410).
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// `rsaEncryption` with its NULL (RFC 3279).
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;

/// The numbers, if it is a key for this algorithm.
pub(super) fn numbers(algorithm: TokenAlgorithm, der: &[u8]) -> Option<PublicNumbers> {
    match algorithm {
        TokenAlgorithm::Es256 => {
            let point = der.strip_prefix(P256).filter(|point| point.len() == 65 && point[0] == 4)?;
            PublicNumbers::of_point(point)
        }
        TokenAlgorithm::EdDsa => Some(PublicNumbers::Ed(der.strip_prefix(ED25519)?.try_into().ok()?)),
        TokenAlgorithm::Rs256 => {
            let (info, _) = element(der, SEQUENCE)?;
            let (kind, key) = element(info, SEQUENCE)?;
            let (bits, _) = element(key, BIT_STRING)?;
            let (key, _) = element(bits.strip_prefix(&[0]).filter(|_| kind == RSA)?, SEQUENCE)?;
            let (modulus, rest) = element(key, INTEGER)?;
            let (exponent, _) = element(rest, INTEGER)?;
            Some(PublicNumbers::Rsa(unsigned(modulus), unsigned(exponent)))
        }
    }
}

/// The content of the DER element of this kind that the bytes begin with, and what follows it.
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let [tag, length, rest @ ..] = bytes else { return None };
    if *tag != kind {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// An integer without the zeros before it.
fn unsigned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}
