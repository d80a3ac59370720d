//! Sending: one [`Sender`] for all channels, one outcome for all platforms.

mod guard;
mod http;
mod outcome;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::http::Uri;
use ipnet::IpNet;
use lumi_domain::{Channel, ChannelKind, Part, Peer, SendOutcome};
use tokio_util::task::TaskTracker;

pub use guard::is_public;
pub(crate) use http::{Answer, Call, Heard, Reach};
pub(crate) use outcome::{by_status, heard, platform_text, retry_after};

use crate::{standard, telegram, whatsapp};

/// How this deployment sends.
#[derive(Clone, Debug)]
pub struct SendConfig {
    /// `<KIND>_API_BASE`: addresses that stand in for the platforms'; a manifest's `api_base`
    /// goes before them.
    pub api_bases: HashMap<ChannelKind, String>,
    /// `OUTBOUND_ALLOW`: what a manifest's `api_base` and `reply_url` may reach besides public
    /// addresses.
    pub outbound_allow: Vec<IpNet>,
    /// One request from name lookup to last byte. After it the outcome is unknown.
    pub timeout: Duration,
}

impl Default for SendConfig {
    fn default() -> Self {
        Self {
            api_bases: HashMap::new(),
            outbound_allow: Vec::new(),
            timeout: Duration::from_secs(15),
        }
    }
}

/// What belongs to one attempt to send one part.
#[derive(Clone, Copy, Debug)]
pub struct SendMeta<'a> {
    /// The same for every attempt of this part.
    pub idempotency_key: &'a str,
    /// `external_id` of the message that is answered.
    pub in_reply_to: Option<&'a str>,
    /// Place of the part in its answer, from 0.
    pub index: u32,
    /// Attempts before this one; platforms that ask for growing pauses are answered by it.
    pub attempt: u32,
    /// Now; signed and stamped into what is sent.
    pub now: SystemTime,
}

/// Sends replies. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Sender {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: http::Http,
    api_bases: HashMap<ChannelKind, String>,
    timeout: Duration,
    /// Side calls whose outcome nobody waits for.
    aside: TaskTracker,
}

impl Sender {
    /// Opens no connection yet.
    pub fn new(config: SendConfig) -> Self {
        let http = http::Http::new(guard::Guard::new(&config.outbound_allow));
        let inner = Inner {
            http,
            api_bases: config.api_bases,
            timeout: config.timeout,
            aside: TaskTracker::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sends one part, once. `to` and `reply_ref` are those of the message that is answered
    /// (`Null` where nothing is).
    pub async fn send(
        &self,
        channel: &Channel,
        to: &Peer,
        reply_ref: &serde_json::Value,
        part: &Part,
        meta: &SendMeta<'_>,
    ) -> SendOutcome {
        match channel.kind {
            ChannelKind::Whatsapp => whatsapp::send(self, channel, to, reply_ref, part, meta).await,
            ChannelKind::Telegram => telegram::send(self, channel, to, reply_ref, part, meta).await,
            ChannelKind::Standard => standard::send(self, channel, to, reply_ref, part, meta).await,
            // The outbox row is what the chat page reads.
            ChannelKind::Web => SendOutcome::Sent { provider_id: None },
        }
    }

    /// Waits for side calls (a few seconds at most); for shutdown, after the last `send`.
    pub async fn close(&self) {
        self.inner.aside.close();
        self.inner.aside.wait().await;
    }

    pub(crate) async fn post(&self, call: Call) -> Answer {
        self.inner.http.post(call, self.inner.timeout).await
    }

    /// Sends without waiting; what comes of it changes nothing.
    pub(crate) fn post_aside(&self, call: Call) {
        const LIMIT: Duration = Duration::from_secs(5);
        let http = self.inner.http.clone();
        self.inner.aside.spawn(async move {
            drop(http.post(call, LIMIT).await);
        });
    }

    /// The API's address for a channel, without a slash at its end.
    pub(crate) fn base<'s>(
        &'s self,
        channel: &'s Channel,
        platform: &'static str,
    ) -> (&'s str, Reach) {
        let (base, reach) = match channel.setting("api_base") {
            Some(base) => (base, Reach::Guarded),
            None => {
                let stand_in = self.inner.api_bases.get(&channel.kind);
                (stand_in.map_or(platform, String::as_str), Reach::Anywhere)
            }
        };
        (base.trim_end_matches('/'), reach)
    }
}

/// An address that a request can go to.
pub(crate) fn web_uri(text: &str) -> Result<Uri, &'static str> {
    let uri: Uri = text.parse().map_err(|_| "it is no URL")?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().filter(|authority| !authority.host().is_empty());
    match authority {
        Some(authority) if known && !authority.as_str().contains('@') && !text.contains('#') => {
            Ok(uri)
        }
        _ => Err("it is no http:// or https:// URL with a plain host"),
    }
}
