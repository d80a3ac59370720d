//! The chat page and its conversations: `/chat/{key}` and below.

mod bell;
mod events;
mod examples;
mod limits;
mod message;
mod origin;
mod page;
mod session;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, COOKIE};
use hyper::http::request;
use hyper::{HeaderMap, Method, Request};
use lumi_channels::body_cap;
use lumi_domain::{Channel, ChannelKind};
use serde::de::DeserializeOwned;

use crate::answer::{Answer, Refusal};
use crate::body::Held;
use crate::directory::Found;
use crate::ingress::Shared;

use bell::Bell;
use examples::Examples;
use limits::Limits;
use origin::Origin;

/// What the chats of this process share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chat {
    pub(crate) bell: Arc<Bell>,
    pub(crate) examples: Arc<Examples>,
    limits: Arc<Limits>,
}

/// A request to a chat that exists.
struct Visit<'a> {
    shared: &'a Shared,
    channel: Arc<Channel>,
    head: request::Parts,
}

pub(crate) async fn handle(
    shared: &Shared,
    request: Request<Incoming>,
    key: &str,
    below: &str,
) -> Answer {
    if let Some(file) = below.strip_prefix("assets/") {
        return page::asset(request.method(), file, request.uri().query())
            .unwrap_or_else(Answer::from);
    }
    let channel = match shared.directory.find(key).await {
        Found::Channel(channel) if channel.kind == ChannelKind::Web && channel.enabled => channel,
        Found::Channel(_) | Found::Unknown => return Refusal::Unknown("no such chat").into(),
        Found::Away => return Refusal::Settings.into(),
    };
    let (head, body) = request.into_parts();
    let origin = match Origin::of(&channel, &head.headers) {
        Ok(origin) => origin,
        Err(refusal) => return refusal.into(),
    };
    let visit = Visit { shared, channel, head };
    let answer = visit.answer(below, body).await.unwrap_or_else(Answer::from);
    origin.allow(answer)
}

impl Visit<'_> {
    async fn answer(&self, below: &str, body: Incoming) -> Result<Answer, Refusal> {
        let method = &self.head.method;
        match below {
            "" if method == Method::GET || method == Method::HEAD => Ok(page::page(self).await),
            "" => Err(Refusal::Method("GET")),
            "session" | "messages" | "events" if method == Method::OPTIONS => {
                Ok(origin::preflight())
            }
            "session" if method == Method::POST => session::open(self, body).await,
            "messages" if method == Method::POST => message::post(self, body).await,
            "events" if method == Method::GET => events::follow(self),
            "session" | "messages" => Err(Refusal::Method("POST")),
            "events" => Err(Refusal::Method("GET")),
            _ => Err(Refusal::Unknown("nothing is here")),
        }
    }

    /// The visitor of the request's token: `Authorization: Bearer` before the cookie.
    fn visitor(&self) -> Result<String, Refusal> {
        token(&self.head.headers)
            .and_then(|token| session::read(&self.shared.keys, &self.channel.key, token, now()))
            .ok_or(Refusal::Unauthorized("no session: POST to session first"))
    }

    async fn read<T: DeserializeOwned>(&self, body: Incoming) -> Result<T, Refusal> {
        let cap = body_cap(ChannelKind::Web);
        let held = self.shared.budget.read(&self.head.headers, body, cap).await?;
        serde_json::from_slice(&held.bytes)
            .map_err(|_| Refusal::Bad("the body is not the JSON that is documented"))
    }

    /// Publishes a body of our own making like a webhook's.
    async fn publish<T: serde::Serialize>(&self, body: &T) -> Result<(), Refusal> {
        let body = serde_json::to_vec(body).map_err(|_| Refusal::Bad("no JSON"))?;
        let traceparent = self.head.headers.get("traceparent").and_then(|v| v.to_str().ok());
        let kind = ChannelKind::Web;
        let verified = crate::accept::Verified {
            kind,
            endpoint: &self.channel.key,
            webhook_id: None,
            traceparent,
            body: Held::small(body),
        };
        let stored = self.shared.acceptor.accept(verified).await;
        let outcome = stored.map_or_else(Refusal::word, |()| "accepted");
        self.shared.metrics.webhook(kind.as_str(), outcome);
        stored
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    bearer.or_else(|| {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == session::COOKIE)
            .map(|(_, token)| token)
    })
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}
