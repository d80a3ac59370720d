//! `GET events`: the replies of a conversation as server-sent events (HTML standard, 9.2).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use lumi_domain::Channel;
use lumi_store::{Db, StoreError, WebReply};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Visit;
use super::bell::Bell;
use crate::answer::{Answer, AnswerBody, Refusal};

/// Proxies close what is silent for a minute; the page gives up after three missed ones.
const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// Streams end by themselves, so that a stopping process is not left with old ones; pages come back.
const LIFE: Duration = Duration::from_secs(300);
/// Between two looks of a visitor who has no conversation yet: soon after a message of theirs, rarely for
/// those who only look at the page, since anybody's reply rings for all of them.
const SOON: Duration = Duration::from_millis(100);
const RARELY: Duration = Duration::from_secs(3);
/// How long after a message is soon.
const EAGER: Duration = Duration::from_secs(60);
/// Before the next look after one that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Replies read at a time.
const BATCH: i64 = 100;
/// Tabs of one visitor.
const STREAMS: usize = 10;
/// Chunks that may wait for a slow reader.
const WAITING: usize = 8;
const TYPING: &[u8] = b"event: typing\ndata: {}\n\n";

/// Who waits in which room: the same visitor id may exist in two chats.
pub(super) fn room(channel: &Channel, visitor: &str) -> String {
    format!("{}/{visitor}", channel.id)
}

pub(super) fn follow(visit: &Visit<'_>) -> Result<Answer, Refusal> {
    visit.shared.chat.limits.address(&visit.head)?;
    let visitor = visit.visitor()?;
    let last = visit.head.headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let bell = Arc::clone(&visit.shared.chat.bell);
    let (typing, streams) = bell.visitor(&room(&visit.channel, &visitor));
    if streams > STREAMS {
        return Err(Refusal::TooMany(5));
    }
    let after = last.and_then(|id| id.parse().ok()).unwrap_or(0);
    let (page, chunks) = mpsc::channel(WAITING);
    let stream = Stream {
        page,
        db: visit.shared.db.clone(),
        newcomers: bell.newcomers(),
        replies: None,
        bell,
        typing,
        channel: visit.channel.id,
        visitor,
        conversation: None,
        typed: None,
        after,
        greatest: after,
        shown: Vec::new(),
        closing: visit.shared.streams.clone(),
    };
    visit.shared.tasks.spawn(stream.run());
    let mut answer = Response::new(AnswerBody::Stream(chunks));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would keep the events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(answer)
}

/// One open stream. It runs in a task of its own, so that its queries are never cancelled.
struct Stream {
    page: mpsc::Sender<Bytes>,
    db: Db,
    bell: Arc<Bell>,
    newcomers: watch::Receiver<()>,
    replies: Option<watch::Receiver<()>>,
    typing: watch::Receiver<()>,
    channel: i64,
    visitor: String,
    conversation: Option<i64>,
    /// When the visitor's last message was accepted, as far as this stream has seen.
    typed: Option<Instant>,
    /// Where the page was when it opened the stream.
    after: i64,
    /// The greatest `seq` that the page has: the id of every event, so that a reply that is sent after
    /// later ones does not make the page begin anew behind itself.
    greatest: i64,
    /// What this stream has sent.
    shown: Vec<i64>,
    closing: CancellationToken,
}

/// Why a stream looks again, or ends.
enum Woken {
    Look,
    Typing,
    Comment,
    End,
}

impl Stream {
    async fn run(mut self) {
        let end = Instant::now() + LIFE;
        let mut comment = Instant::now() + COMMENT_EVERY;
        if !self.send(Bytes::from_static(b"retry: 1000\n\n")).await {
            return;
        }
        loop {
            let rest = match self.look().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => return,
                Err(error) => {
                    tracing::debug!(%error, "Replies cannot be read");
                    self.newcomers.mark_changed();
                    if let Some(replies) = &mut self.replies {
                        replies.mark_changed();
                    }
                    AFTER_FAILURE
                }
            };
            loop {
                match self.woken(rest, comment, end).await {
                    Woken::Look => break,
                    Woken::End => return,
                    Woken::Typing => {
                        self.typed = Some(Instant::now());
                        if !self.send(Bytes::from_static(TYPING)).await {
                            return;
                        }
                    }
                    Woken::Comment => {
                        comment = Instant::now() + COMMENT_EVERY;
                        if !self.send(Bytes::from_static(b":\n\n")).await {
                            return;
                        }
                        // Also a look: a ring may have been lost with the connection that listens.
                        break;
                    }
                }
            }
        }
    }

    /// Sends what is new; `false` when nobody reads any more.
    async fn look(&mut self) -> Result<bool, StoreError> {
        // Rings count from before the look: one that comes during it makes another look.
        self.newcomers.mark_unchanged();
        if self.conversation.is_none() {
            self.conversation = self.db.web_conversation(self.channel, &self.visitor).await?;
        }
        let Some(conversation) = self.conversation else { return Ok(true) };
        self.replies.get_or_insert_with(|| self.bell.conversation(conversation)).mark_unchanged();
        loop {
            let replies = self.db.web_replies(conversation, self.after, &self.shown, BATCH).await?;
            let more = i64::try_from(replies.len()).is_ok_and(|count| count == BATCH);
            for reply in replies {
                self.greatest = self.greatest.max(reply.seq);
                self.shown.push(reply.seq);
                let event = event(&reply, self.greatest, &self.visitor);
                if !self.send(event).await {
                    return Ok(false);
                }
            }
            if !more {
                return Ok(true);
            }
        }
    }

    async fn woken(&mut self, rest: Duration, comment: Instant, end: Instant) -> Woken {
        let eager = self.typed.is_some_and(|at| at.elapsed() < EAGER);
        let (bell, rest) = match &mut self.replies {
            Some(replies) => (replies, rest),
            None => (&mut self.newcomers, rest.max(if eager { SOON } else { RARELY })),
        };
        tokio::select! {
            () = self.closing.cancelled() => Woken::End,
            () = self.page.closed() => Woken::End,
            () = sleep_until(end) => Woken::End,
            () = sleep_until(comment) => Woken::Comment,
            typed = self.typing.changed() => if typed.is_ok() { Woken::Typing } else { Woken::End },
            () = rung(bell, rest) => Woken::Look,
        }
    }

    async fn send(&self, chunk: Bytes) -> bool {
        tokio::select! {
            sent = self.page.send(chunk) => sent.is_ok(),
            () = self.closing.cancelled() => false,
        }
    }
}

/// Waits for the bell; the rest comes first, so that a ring is not lost when something else ends the wait.
async fn rung(bell: &mut watch::Receiver<()>, rest: Duration) {
    sleep(rest).await;
    if bell.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[derive(Serialize)]
struct Message<'a> {
    seq: i64,
    in_reply_to: Option<&'a str>,
    text: &'a str,
    language: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    buttons: &'a [String],
}

fn event(reply: &WebReply, id: i64, visitor: &str) -> Bytes {
    // The dedupe key of a chat message is the visitor and the page's own id, which is all it knows.
    let in_reply_to = reply
        .in_reply_to
        .as_deref()
        .map(|id| id.strip_prefix(visitor).and_then(|id| id.strip_prefix(':')).unwrap_or(id));
    let message = Message {
        seq: reply.seq,
        in_reply_to,
        text: &reply.text,
        language: &reply.language,
        buttons: &reply.buttons,
    };
    // JSON has no line breaks of its own, so it is one `data` line.
    let data = serde_json::to_string(&message).unwrap_or_default();
    Bytes::from(format!("event: message\nid: {id}\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_event() {
        let mut reply = WebReply {
            seq: 7,
            in_reply_to: Some("v-1:9d3c".into()),
            text: "Bonjour\n\"Зоя\"".into(),
            language: "fr".into(),
            buttons: vec![],
        };
        assert_eq!(
            event(&reply, 9, "v-1"),
            "event: message\nid: 9\ndata: {\"seq\":7,\"in_reply_to\":\"9d3c\",\
             \"text\":\"Bonjour\\n\\\"Зоя\\\"\",\"language\":\"fr\"}\n\n"
        );
        reply.in_reply_to = None;
        reply.buttons = vec!["✅".into(), "❌".into()];
        let text = String::from_utf8(event(&reply, 7, "v-1").to_vec()).expect("text");
        assert!(
            text.contains("\"in_reply_to\":null") && text.contains("[\"✅\",\"❌\"]"),
            "{text}"
        );
    }
}
