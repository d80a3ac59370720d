//! Secrets at rest: AES-256-GCM, the id of the key in the row, so that keys can be rotated.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// Why secrets could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// `LUMI_SECRET_KEY` is malformed.
    #[error(
        "LUMI_SECRET_KEY: key {position} must be 32 bytes in base64 (make one with `openssl rand -base64 32`)"
    )]
    BadKey {
        /// Place in the comma list, from 1.
        position: usize,
    },
    /// `LUMI_SECRET_KEY` is empty.
    #[error(
        "LUMI_SECRET_KEY is empty: give 32 bytes in base64 (make one with `openssl rand -base64 32`)"
    )]
    NoKey,
    /// The row was sealed with a key that is not configured.
    #[error(
        "channel `{channel}` was sealed with key {key_id}, which LUMI_SECRET_KEY does not hold"
    )]
    UnknownKey {
        /// The channel's key.
        channel: String,
        /// Id of the missing key.
        key_id: String,
    },
    /// The row was changed, or belongs to another channel.
    #[error("the secrets of channel `{channel}` do not open: the row was altered or moved")]
    Altered {
        /// The channel's key.
        channel: String,
    },
    /// The system gave no random bytes.
    #[error("the system's random source failed")]
    Random,
}

/// Secrets of a channel by name; several values while one is rotated.
pub type Secrets = BTreeMap<String, Vec<SecretString>>;

/// The keys of `LUMI_SECRET_KEY`: the first seals, all open.
#[derive(Clone)]
pub struct Keyring {
    keys: std::sync::Arc<Vec<Key>>,
}

struct Key {
    id: String,
    seal: LessSafeKey,
    digest: hmac::Key,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|k| &k.id)).finish()
    }
}

/// What a row keeps.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Nonce, ciphertext, tag.
    pub bytes: Vec<u8>,
    /// Which key sealed it.
    pub key_id: String,
    /// Keyed digest of the content.
    pub digest: String,
}

impl Keyring {
    /// Reads a comma list of base64 keys.
    ///
    /// # Errors
    /// A key is not 32 bytes of base64, or there is none.
    pub fn parse(list: &SecretString) -> Result<Self, SealError> {
        let mut keys = Vec::new();
        for (at, text) in list.expose_secret().split(',').map(str::trim).enumerate() {
            if text.is_empty() {
                continue;
            }
            let bad = || SealError::BadKey { position: at + 1 };
            let bytes = STANDARD.decode(text).map_err(|_| bad())?;
            let id: String =
                Sha256::digest(&bytes).iter().take(4).map(|b| format!("{b:02x}")).collect();
            let seal = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| bad())?;
            keys.push(Key {
                id,
                seal: LessSafeKey::new(seal),
                digest: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
            });
        }
        if keys.is_empty() { Err(SealError::NoKey) } else { Ok(Self { keys: keys.into() }) }
    }

    /// Id of the key that seals.
    ///
    /// # Errors
    /// There is no key.
    pub fn current(&self) -> Result<&str, SealError> {
        self.keys.first().map(|k| k.id.as_str()).ok_or(SealError::NoKey)
    }

    /// Seals the secrets of a channel.
    ///
    /// # Errors
    /// There is no key, or no randomness.
    pub fn seal(
        &self,
        tenant: &str,
        channel: &str,
        secrets: &Secrets,
    ) -> Result<Sealed, SealError> {
        let key = self.keys.first().ok_or(SealError::NoKey)?;
        let plain: BTreeMap<&str, Vec<&str>> = secrets
            .iter()
            .map(|(name, values)| {
                (name.as_str(), values.iter().map(|v| v.expose_secret()).collect())
            })
            .collect();
        let mut bytes = serde_json::to_vec(&plain).unwrap_or_default();
        let digest = digest(&key.digest, &bytes);
        let mut nonce = [0_u8; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::Random)?;
        key.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad(tenant, channel)),
                &mut bytes,
            )
            .map_err(|_| SealError::Random)?;
        let mut out = nonce.to_vec();
        out.append(&mut bytes);
        Ok(Sealed { bytes: out, key_id: key.id.clone(), digest })
    }

    /// Opens the secrets of a channel.
    ///
    /// # Errors
    /// The key is not configured, or the row was altered.
    pub fn open(
        &self,
        tenant: &str,
        channel: &str,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<Secrets, SealError> {
        let altered = || SealError::Altered { channel: channel.to_owned() };
        let key = self.keys.iter().find(|k| k.id == key_id).ok_or_else(|| {
            SealError::UnknownKey { channel: channel.to_owned(), key_id: key_id.to_owned() }
        })?;
        let (nonce, cipher) = sealed.split_at_checked(NONCE_LEN).ok_or_else(altered)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| altered())?;
        let mut bytes = cipher.to_vec();
        let plain = key
            .seal
            .open_in_place(nonce, Aad::from(aad(tenant, channel)), &mut bytes)
            .map_err(|_| altered())?;
        let plain: BTreeMap<String, Vec<String>> =
            serde_json::from_slice(plain).map_err(|_| altered())?;
        Ok(plain
            .into_iter()
            .map(|(name, values)| (name, values.into_iter().map(SecretString::from).collect()))
            .collect())
    }

    /// A keyed digest for signed tokens (chat sessions): hex of HMAC-SHA256 over `purpose` and `data`.
    ///
    /// # Errors
    /// There is no key.
    pub fn sign(&self, purpose: &str, data: &str) -> Result<String, SealError> {
        let key = self.keys.first().ok_or(SealError::NoKey)?;
        Ok(digest(&key.digest, format!("{purpose}\0{data}").as_bytes()))
    }

    /// Checks a signature of [`Keyring::sign`] by any key, in constant time.
    pub fn verify(&self, purpose: &str, data: &str, signature: &str) -> bool {
        let Ok(tag) = (0..signature.len() / 2)
            .map(|i| signature.get(2 * i..2 * i + 2).map_or(Ok(0), |b| u8::from_str_radix(b, 16)))
            .collect::<Result<Vec<u8>, _>>()
        else {
            return false;
        };
        let data = format!("{purpose}\0{data}");
        self.keys.iter().any(|k| hmac::verify(&k.digest, data.as_bytes(), &tag).is_ok())
    }
}

fn digest(key: &hmac::Key, bytes: &[u8]) -> String {
    hmac::sign(key, bytes).as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// Binds a row to its tenant and channel.
fn aad(tenant: &str, channel: &str) -> Vec<u8> {
    format!("lumi:channel-secrets:{tenant}:{channel}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(list: &str) -> Keyring {
        Keyring::parse(&SecretString::from(list.to_owned())).unwrap()
    }

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let old = ring(&key(1));
        let secrets = Secrets::from([("app_secret".into(), vec![SecretString::from("s3cret")])]);
        let sealed = old.seal("t", "wa", &secrets).unwrap();
        assert!(!sealed.bytes.windows(6).any(|w| w == b"s3cret"));
        let open = old.open("t", "wa", &sealed.key_id, &sealed.bytes).unwrap();
        assert_eq!(open["app_secret"][0].expose_secret(), "s3cret");
        assert!(matches!(
            old.open("t", "other", &sealed.key_id, &sealed.bytes),
            Err(SealError::Altered { .. })
        ));
        let mut bent = sealed.bytes.clone();
        *bent.last_mut().unwrap() ^= 1;
        assert!(old.open("t", "wa", &sealed.key_id, &bent).is_err());

        let both = ring(&format!("{},{}", key(2), key(1)));
        assert!(both.open("t", "wa", &sealed.key_id, &sealed.bytes).is_ok());
        assert_ne!(both.current().unwrap(), sealed.key_id);
        assert!(matches!(
            ring(&key(2)).open("t", "wa", &sealed.key_id, &sealed.bytes),
            Err(SealError::UnknownKey { .. })
        ));
    }

    #[test]
    fn refuses_bad_keys() {
        for bad in ["", ",", "abc", "AAAA"] {
            assert!(Keyring::parse(&SecretString::from(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn signatures_hold_over_rotation_and_not_over_purposes() {
        let old = ring(&key(1));
        let signature = old.sign("chat", "visitor").unwrap();
        assert!(ring(&format!("{},{}", key(2), key(1))).verify("chat", "visitor", &signature));
        assert!(!old.verify("other", "visitor", &signature));
        assert!(!old.verify("chat", "visitoR", &signature));
        assert!(!old.verify("chat", "visitor", "zz"));
        assert!(!old.verify("chat", "visitor", ""));
    }
}
