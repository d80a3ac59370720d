use http::HeaderMap;
use secrecy::SecretString;

use super::{handshake, verify_meta};
use crate::signature::VerifyError;

const ASCII: &str = r#"{"object":"page","entry":[]}"#;
const UTF8: &str = r#"{"object":"page","entry":[{"text":"Привет"}]}"#;
const ESCAPED: &str =
    r#"{"object":"page","entry":[{"text":"\u041f\u0440\u0438\u0432\u0435\u0442"}]}"#;
const ASCII_MAC: &str = "22d3988d1017c437ea81a89d41e2d3266c00a508cffdb23f8ad8746d232d77e9";
const UTF8_MAC: &str = "ecfc2c451475535d3958cc8cb6ef18d622edb235548f64c2303717e3d6eec06c";
const ESCAPED_MAC: &str = "f2bf3fd383db3e9da781130a64b191b80e2b5eb7ca6a44405355c1c4d3dceb37";

fn secrets(values: &[&str]) -> Vec<SecretString> {
    values.iter().map(|&value| value.into()).collect()
}

fn verdict(keys: &[&str], signature: &str, body: &str) -> Result<(), VerifyError> {
    let mut headers = HeaderMap::new();
    headers.insert("x-hub-signature-256", signature.parse().unwrap());
    verify_meta(&secrets(keys), &headers, body.as_bytes()).map(|_| ())
}

#[test]
fn signatures() {
    let header = "x-hub-signature-256";
    let malformed = VerifyError::Malformed { header, expected: "sha256= and 64 hex digits" };
    let good = |mac: &str| format!("sha256={mac}");
    let table = [
        (vec!["app_secret"], good(ASCII_MAC), ASCII, Ok(())),
        (vec!["app_secret"], good(UTF8_MAC), UTF8, Ok(())),
        (vec!["app_secret"], good(ESCAPED_MAC), ESCAPED, Ok(())),
        (vec!["app_secret"], good(&ASCII_MAC.to_uppercase()), ASCII, Ok(())),
        // While a secret is rotated.
        (vec!["new_secret", "app_secret"], good(ASCII_MAC), ASCII, Ok(())),
        // The same text in the other encoding is another body.
        (vec!["app_secret"], good(UTF8_MAC), ESCAPED, Err(VerifyError::Mismatch(header))),
        (vec!["app_secreT"], good(ASCII_MAC), ASCII, Err(VerifyError::Mismatch(header))),
        (vec![], good(ASCII_MAC), ASCII, Err(VerifyError::NoSecret("app_secret"))),
        (vec![""], good(ASCII_MAC), ASCII, Err(VerifyError::NoSecret("app_secret"))),
        (vec!["app_secret"], ASCII_MAC.to_owned(), ASCII, Err(malformed)),
        (vec!["app_secret"], "sha256=".to_owned(), ASCII, Err(malformed)),
        (vec!["app_secret"], good("22d3"), ASCII, Err(malformed)),
        (vec!["app_secret"], good(&"zz".repeat(32)), ASCII, Err(malformed)),
        (vec!["app_secret"], format!("sha1={ASCII_MAC}"), ASCII, Err(malformed)),
    ];
    for (keys, signature, body, expected) in table {
        assert_eq!(verdict(&keys, &signature, body), expected, "{keys:?} {signature}");
    }
}

#[test]
fn a_signature_must_come_exactly_once() {
    let mut headers = HeaderMap::new();
    let keys = secrets(&["app_secret"]);
    let name = "x-hub-signature-256";
    let missing = verify_meta(&keys, &headers, ASCII.as_bytes());
    assert_eq!(missing, Err(VerifyError::MissingHeader(name)));

    let value: http::HeaderValue = format!("sha256={ASCII_MAC}").parse().unwrap();
    headers.append(name, value.clone());
    headers.append(name, value);
    let twice = verify_meta(&keys, &headers, ASCII.as_bytes()).unwrap_err();
    assert_eq!(
        twice.to_string(),
        "header `x-hub-signature-256` is malformed: expected to be sent once"
    );
}

#[test]
fn handshakes() {
    let long = format!("hub.mode=subscribe&hub.verify_token=tok&hub.challenge={}", "1".repeat(257));
    let table = [
        ("hub.mode=subscribe&hub.verify_token=tok&hub.challenge=1158201444", Some("1158201444")),
        ("hub.challenge=a%20b%2B&hub.verify_token=old&hub.mode=subscribe", Some("a b+")),
        ("hub.mode=unsubscribe&hub.verify_token=tok&hub.challenge=1", None),
        ("hub.mode=subscribe&hub.verify_token=toK&hub.challenge=1", None),
        ("hub.mode=subscribe&hub.verify_token=&hub.challenge=1", None),
        ("hub.mode=subscribe&hub.challenge=1", None),
        ("hub.mode=subscribe&hub.verify_token=tok", None),
        ("hub.mode=subscribe&hub.verify_token=tok&hub.challenge=", None),
        (&long, None),
        ("", None),
    ];
    for (query, expected) in table {
        let answer = handshake(&secrets(&["tok", "old", ""]), query);
        assert_eq!(answer.as_deref(), expected, "{query}");
    }
    assert_eq!(handshake(&[], "hub.mode=subscribe&hub.verify_token=&hub.challenge=1"), None);
}
