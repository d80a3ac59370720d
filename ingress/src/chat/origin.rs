use bytes::Bytes;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HOST, HeaderValue, ORIGIN, VARY,
};
use hyper::{HeaderMap, StatusCode};
use lumi_domain::Channel;
use url::Url;

use crate::answer::{Answer, Refusal, of};

/// Whose page sent the request.
#[derive(Debug)]
pub(super) enum Origin {
    /// Ours, or no page at all.
    Own,
    /// One that the channel allows, as it names itself.
    Allowed(HeaderValue),
}

impl Origin {
    /// `null` (a sandboxed frame, a file) is nobody, so it is refused like any origin that is not allowed.
    pub(super) fn of(channel: &Channel, headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(value) = headers.get(ORIGIN) else { return Ok(Self::Own) };
        let refused = Refusal::Forbidden("this origin is not one of the channel's allowed_origins");
        let origin = value.to_str().ok().and_then(parse).ok_or(refused)?;
        // The browser says the scheme of its page, a proxy that ends TLS hides it: the host decides.
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        if host.is_some_and(|host| same_host(&origin, host)) {
            return Ok(Self::Own);
        }
        let known = allowed(channel).any(|known| known == origin);
        if known { Ok(Self::Allowed(value.clone())) } else { Err(refused) }
    }

    pub(super) fn allow(self, mut answer: Answer) -> Answer {
        if let Self::Allowed(origin) = self {
            let headers = answer.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        answer
    }
}

/// The origins of a channel's `allowed_origins`, in the form browsers send.
pub(super) fn allowed(channel: &Channel) -> impl Iterator<Item = String> {
    let listed = channel.settings.get("allowed_origins").and_then(|list| list.as_array());
    listed.into_iter().flatten().filter_map(|origin| origin.as_str()).filter_map(parse)
}

pub(super) fn preflight() -> Answer {
    let mut answer = of(StatusCode::NO_CONTENT, "text/plain", Bytes::new());
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Authorization, Content-Type, Last-Event-ID"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    answer
}

/// Scheme, host and port; `None` for what is no web origin, `null` included.
fn parse(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let web = matches!(url.scheme(), "http" | "https");
    (web && bare && url.username().is_empty()).then(|| url.origin().ascii_serialization())
}

fn same_host(origin: &str, host: &str) -> bool {
    ["http", "https"].iter().any(|scheme| {
        let ours = parse(&format!("{scheme}://{host}"));
        ours.as_deref().and_then(|ours| ours.split_once("://")).map(|(_, host)| host)
            == origin.split_once("://").map(|(_, host)| host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lumi_domain::{ChannelKind, TenantId};

    #[test]
    fn own_pages_and_listed_origins_may_others_may_not() {
        let settings = serde_json::json!({"allowed_origins": ["https://shop.example", "http://localhost:3000/"]});
        let channel = Channel {
            id: 1,
            tenant: TenantId::parse("demo").expect("an id"),
            key: "demo".into(),
            kind: ChannelKind::Web,
            account: "demo".into(),
            settings: settings.as_object().expect("an object").clone(),
            secrets: std::collections::BTreeMap::new(),
            enabled: true,
        };
        let table = [
            (None, "chat.example", Some(false)),
            (Some("https://chat.example"), "chat.example", Some(false)),
            (Some("http://chat.example"), "chat.example:80", Some(false)),
            (Some("https://chat.example"), "chat.example:443", Some(false)),
            (Some("http://127.0.0.1:8000"), "127.0.0.1:8000", Some(false)),
            (Some("http://127.0.0.1:9000"), "127.0.0.1:8000", None),
            (Some("https://shop.example"), "chat.example", Some(true)),
            (Some("http://localhost:3000"), "chat.example", Some(true)),
            (Some("http://shop.example"), "chat.example", None),
            (Some("https://shop.example.evil.example"), "chat.example", None),
            (Some("https://evil.example"), "chat.example", None),
            (Some("null"), "chat.example", None),
            (Some("https://chat.example/path"), "chat.example", None),
            (Some("file://"), "chat.example", None),
        ];
        for (origin, host, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().expect("an origin"));
            }
            let found = Origin::of(&channel, &headers).ok();
            let found = found.map(|origin| matches!(origin, Origin::Allowed(_)));
            assert_eq!(found, expected, "{origin:?} {host}");
        }
    }
}
