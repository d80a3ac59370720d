//! Who a visitor is: a signed token, never stored. It is good for one chat, for 30 days.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{HeaderValue, SET_COOKIE};
use lumi_domain::Channel;
use lumi_store::seal::Keyring;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::{Visit, now};
use crate::answer::{Answer, Refusal, json};

/// The name of the cookie.
pub(super) const COOKIE: &str = "lumi_visitor";
/// 30 days, in seconds.
const TTL: u64 = 30 * 24 * 3600;
/// Clocks of two processes may differ by so many seconds.
const SKEW: u64 = 300;
const PURPOSE: &str = "chat-session";
const LONGEST_USER: usize = 200;

#[derive(Deserialize)]
struct Request {
    owner_link: Option<String>,
    user: Option<String>,
    hmac: Option<String>,
}

#[derive(Serialize)]
struct Opened<'a> {
    token: &'a str,
    visitor: &'a str,
}

#[derive(Serialize)]
struct OwnerLink<'a> {
    r#type: &'static str,
    visitor: &'a str,
    token: &'a str,
}

/// `POST session`: a new visitor, or a longer time for the one who asks.
pub(super) async fn open(visit: &Visit<'_>, body: Incoming) -> Result<Answer, Refusal> {
    visit.shared.chat.limits.address(&visit.head)?;
    let request: Request = visit.read(body).await?;
    let visitor = match (&request.user, &request.hmac) {
        (None, None) => visit.visitor().unwrap_or_else(|_| format!("v-{}", Uuid::new_v4())),
        (Some(user), Some(hmac)) => identified(&visit.channel, user, hmac)?,
        _ => return Err(Refusal::Bad("user and hmac come together")),
    };
    if let Some(token) = request.owner_link.as_deref() {
        if token.is_empty() || token.len() > 256 {
            return Err(Refusal::Bad("this is no owner link"));
        }
        visit.shared.chat.limits.visitor(&visit.channel.key, &visitor)?;
        visit.publish(&OwnerLink { r#type: "web.owner_link", visitor: &visitor, token }).await?;
        visit.shared.chat.bell.typed(&super::events::room(&visit.channel, &visitor));
    }
    let key = &visit.channel.key;
    let token = issue(&visit.shared.keys, key, &visitor, now()).ok_or(Refusal::Settings)?;
    let opened = Opened { token: &token, visitor: &visitor };
    let body = serde_json::to_vec(&opened).map_err(|_| Refusal::Bad("no JSON"))?;
    let mut answer = json(StatusCode::CREATED, Bytes::from(body));
    let secure = if over_tls(visit) { "; Secure" } else { "" };
    // The path is this chat's, so that two chats on one host do not end each other's sessions.
    let cookie = format!(
        "{COOKIE}={token}; Path=/chat/{key}; Max-Age={TTL}; HttpOnly; SameSite=Lax{secure}"
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// The host page proves who its user is: hex HMAC-SHA256 of the id under the channel's `identity_secret`.
fn identified(channel: &Channel, user: &str, proof: &str) -> Result<String, Refusal> {
    if user.is_empty() || user.len() > LONGEST_USER || user.chars().any(char::is_control) {
        return Err(Refusal::Bad("this is no user id"));
    }
    let proof = hex::decode(proof).map_err(|_| Refusal::Bad("hmac is 64 hex digits"))?;
    let known = channel.secret("identity_secret").iter().any(|secret| {
        let secret = secret.expose_secret();
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        !secret.is_empty()
            && mac.is_ok_and(|mac| mac.chain_update(user.as_bytes()).verify_slice(&proof).is_ok())
    });
    if known {
        Ok(format!("user:{user}"))
    } else {
        Err(Refusal::Unauthorized("hmac is not the user's under the identity_secret"))
    }
}

fn over_tls(visit: &Visit<'_>) -> bool {
    visit.head.headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https")
}

/// `None` only when there is no key to sign with.
fn issue(keys: &Keyring, chat: &str, visitor: &str, now: u64) -> Option<String> {
    let claim = format!("v1.{now}.{}", URL_SAFE_NO_PAD.encode(visitor));
    let signature = keys.sign(PURPOSE, &format!("{chat}\n{claim}")).ok()?;
    Some(format!("{claim}.{signature}"))
}

/// The visitor of a token that this deployment gave out for this chat and that is not too old.
pub(super) fn read(keys: &Keyring, chat: &str, token: &str, now: u64) -> Option<String> {
    let (claim, signature) = token.rsplit_once('.')?;
    let mut fields = claim.split('.');
    let (Some("v1"), Some(issued), Some(visitor), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return None;
    };
    if !keys.verify(PURPOSE, &format!("{chat}\n{claim}"), signature) {
        return None;
    }
    let issued: u64 = issued.parse().ok()?;
    let fresh = issued <= now + SKEW && now < issued + TTL;
    let visitor = URL_SAFE_NO_PAD.decode(visitor).ok()?;
    fresh.then(|| String::from_utf8(visitor).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    #[test]
    fn a_token_is_good_for_one_chat_and_30_days() {
        let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let keys = Keyring::parse(&SecretString::from(key)).expect("a key");
        let start = 1_800_000_000;
        let token = issue(&keys, "demo", "user:zoë.1", start).expect("a key signs");
        let forged = token.replace("v1.1800000000", "v1.1900000000");
        let cut: String = token.chars().take(token.len() - 2).collect();
        let table = [
            ("demo", token.as_str(), start, true),
            ("demo", &token, start + TTL - 1, true),
            ("demo", &token, start + TTL, false),
            ("demo", &token, start - SKEW, true),
            ("demo", &token, start - SKEW - 1, false),
            ("other", &token, start, false),
            ("demo", &forged, 1_900_000_000, false),
            ("demo", &cut, start, false),
            ("demo", "v1.1.x", start, false),
            ("demo", "", start, false),
        ];
        for (chat, token, now, good) in table {
            let read = read(&keys, chat, token, now);
            assert_eq!(read.as_deref(), good.then_some("user:zoë.1"), "{chat} {token} {now}");
        }
    }
}
