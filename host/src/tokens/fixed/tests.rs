//! The keys were made for these tests alone, by openssl.

use super::*;

const EC: &[u8] = include_bytes!("fixtures/ec.pem");
const EC_SEC1: &[u8] = include_bytes!("fixtures/ec-sec1.pem");
const EC_PUBLIC: &[u8] = include_bytes!("fixtures/ec-public.pem");
const RSA: &[u8] = include_bytes!("fixtures/rsa.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("fixtures/rsa-public.pem");
const ED: &[u8] = include_bytes!("fixtures/ed.pem");
const ED_PUBLIC: &[u8] = include_bytes!("fixtures/ed-public.pem");

fn pair(algorithm: TokenAlgorithm, public: &[u8], private: Option<&[u8]>) -> PairInPem {
    PairInPem { kid: "k".into(), algorithm, public: public.into(), private: private.map(Into::into) }
}

fn fault(algorithm: TokenAlgorithm, public: &[u8], private: Option<&[u8]>) -> PairError {
    FixedKeys::read(vec![pair(algorithm, public, private)], None).err().unwrap().1
}

#[test]
fn the_first_pair_signs_and_all_are_published() {
    use TokenAlgorithm::{EdDsa, Es256, Rs256};
    for (algorithm, public, private, begins) in [
        (Es256, EC_PUBLIC, EC, r#"{"keys":[{"kty":"EC","x":""#),
        (Rs256, RSA_PUBLIC, RSA, r#"{"keys":[{"kty":"RSA","n":""#),
        (EdDsa, ED_PUBLIC, ED, r#"{"keys":[{"crv":"Ed25519","x":""#),
    ] {
        let further = PairInPem { kid: "old".into(), ..pair(Es256, EC_PUBLIC, None) };
        let keys = FixedKeys::read(vec![pair(algorithm, public, Some(private)), further], Some("sig")).unwrap();
        let set = keys.key_set();
        assert!(set.starts_with(begins), "{set}");
        assert!(set.contains(&format!(r#""kid":"k","alg":"{}","use":"sig"}},"#, algorithm.as_str())), "{set}");
        assert!(set.ends_with(r#""crv":"P-256","kid":"old","alg":"ES256","use":"sig"}]}"#), "{set}");
        let signature = keys.signing_key().sign(b"x").unwrap();
        let verified = jsonwebtoken::crypto::verify(&signature, b"x", &keys.find("k").unwrap().decoding, keys.find("k").unwrap().algorithm);
        assert!(verified.unwrap() && keys.find("other").is_none());
    }
}

#[test]
fn what_cannot_sign_is_refused_with_what_to_do() {
    use TokenAlgorithm::{EdDsa, Es256, Rs256};
    assert_eq!(fault(Es256, EC_PUBLIC, Some(EC_SEC1)), PairError::OldForm("SEC1 (EC PRIVATE KEY)"));
    assert_eq!(fault(Es256, EC_PUBLIC, Some(RSA)), PairError::Private("ES256"));
    assert_eq!(fault(Es256, EC_PUBLIC, Some(b"nonsense")), PairError::Private("ES256"));
    assert_eq!(fault(Es256, EC, Some(EC)), PairError::Public("ES256"));
    assert_eq!(fault(Es256, RSA_PUBLIC, None), PairError::Public("ES256"));
    assert_eq!(fault(Rs256, EC_PUBLIC, None), PairError::Public("RS256"));
    assert_eq!(fault(EdDsa, EC_PUBLIC, None), PairError::Public("EdDSA"));
    assert_eq!(fault(Es256, EC_PUBLIC, None), PairError::NoSigner);
    assert!(fault(Es256, EC_PUBLIC, Some(EC_SEC1)).to_string().contains("openssl pkcs8 -topk8"));
}

#[test]
fn halves_of_two_keys_are_refused() {
    let strangers = include_bytes!("fixtures/ec-stranger-public.pem");
    assert_eq!(fault(TokenAlgorithm::Es256, strangers, Some(EC)), PairError::Strangers);
}
