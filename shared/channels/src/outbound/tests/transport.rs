use std::time::Duration;

use lumi_domain::{ChannelKind, Peer, SendOutcome};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Fake, Step, channel, hasty, meta, part, sender};
use crate::Sender;

const SENT: SendOutcome = SendOutcome::Sent { provider_id: None };

async fn outcome(sender: &Sender, url: &str) -> SendOutcome {
    let secrets = [("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
    let channel = channel(ChannelKind::Standard, &json!({"reply_url": url}), &secrets);
    sender.send(&channel, &Peer::new("c1"), &Value::Null, &part("Hi", &[]), &meta()).await
}

fn retry(reason: &str) -> SendOutcome {
    SendOutcome::Retry { reason: reason.to_owned() }
}

fn after(seconds: u64, reason: &str) -> SendOutcome {
    SendOutcome::RetryAfter { after: Duration::from_secs(seconds), reason: reason.to_owned() }
}

fn message(reason: &str) -> SendOutcome {
    SendOutcome::PermanentMessage { reason: reason.to_owned() }
}

#[tokio::test]
async fn statuses() {
    let with = |status, value: &str| Step::With(status, "retry-after", value.to_owned(), "");
    let table = [
        (Step::Answer(200, "{}"), SENT),
        (Step::Answer(202, ""), SENT),
        (Step::Answer(204, ""), SENT),
        // Accepted is accepted, whatever becomes of the rest of the answer.
        (Step::Long(200, 1_000_000), SENT),
        (Step::Stall(200), SENT),
        (Step::Answer(500, "boom"), retry("HTTP 500")),
        (Step::Answer(503, ""), retry("HTTP 503")),
        (Step::Answer(408, ""), retry("HTTP 408")),
        (with(503, "7"), after(7, "HTTP 503")),
        (with(429, "30"), after(30, "HTTP 429")),
        (with(429, "Tue, 14 Nov 2023 22:14:20 GMT"), after(60, "HTTP 429")),
        (with(429, "Tue, 14 Nov 2023 22:00:00 GMT"), after(0, "HTTP 429")),
        (with(429, "99999999"), after(86_400, "HTTP 429")),
        (with(429, "soon"), after(1, "HTTP 429")),
        (Step::Answer(429, ""), after(1, "HTTP 429")),
        (Step::Answer(400, "no"), message("HTTP 400")),
        (Step::Answer(404, ""), message("HTTP 404")),
        (Step::Long(400, 1_000_000), retry("HTTP 400, and its text broke off")),
        (Step::Stall(400), retry("HTTP 400, and its text broke off")),
        (
            Step::With(302, "location", "http://127.0.0.1/".to_owned(), ""),
            message("HTTP 302; redirects are not followed"),
        ),
        (
            Step::Answer(410, ""),
            SendOutcome::PermanentChannel {
                reason: "HTTP 410: the receiver wants no more messages at reply_url".to_owned(),
            },
        ),
    ];
    let fake = Fake::start(table.iter().map(|(step, _)| step.clone())).await;
    for (step, expected) in &table {
        let sender = if matches!(step, Step::Stall(_)) { hasty() } else { sender() };
        assert_eq!(outcome(&sender, &fake.base()).await, *expected, "{step:?}");
    }
    assert_eq!(fake.seen().len(), table.len(), "each was sent exactly once");
}

#[tokio::test]
async fn handed_over_without_an_answer_is_unknown() {
    for step in [Step::Hang, Step::HangUp] {
        let fake = Fake::start([step.clone()]).await;
        let got = outcome(&hasty(), &fake.base()).await;
        assert!(matches!(got, SendOutcome::Unknown { .. }), "{step:?}: {got:?}");
        assert_eq!(fake.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_was_never_handed_over_may_be_retried() {
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let refusing = free.local_addr().unwrap().port();
    drop(free);
    let got = outcome(&sender(), &format!("http://127.0.0.1:{refusing}/")).await;
    assert!(matches!(&got, SendOutcome::Retry { reason } if reason.contains("refused")), "{got:?}");

    // The TLS handshake fails at once against plain HTTP, and hangs against silence.
    let plain = Fake::start([]).await;
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    for port in [plain.port, silent.local_addr().unwrap().port()] {
        let got = outcome(&hasty(), &format!("https://127.0.0.1:{port}/")).await;
        assert!(matches!(got, SendOutcome::Retry { .. }), "{got:?}");
    }
    assert!(plain.seen().is_empty());
    let got = outcome(&hasty(), "http://no-such-host.invalid/").await;
    assert!(matches!(got, SendOutcome::Retry { .. }), "{got:?}");
}

#[tokio::test]
async fn connections_are_kept_and_a_closed_one_costs_nothing() {
    let close = Step::With(200, "connection", "close".to_owned(), "{}");
    let fake = Fake::start(std::iter::repeat_n(Step::Answer(200, "{}"), 5).chain([close])).await;
    let sender = sender();
    for _ in 0..10 {
        assert_eq!(outcome(&sender, &fake.base()).await, SENT);
    }
    assert_eq!(fake.seen().len(), 10);
    // Two, unless a send begins before the last connection is back in the pool.
    assert!((2..6).contains(&fake.connections()), "{}", fake.connections());
}

#[tokio::test]
async fn a_web_reply_is_sent_by_being_stored() {
    let channel = channel(ChannelKind::Web, &json!({}), &[]);
    let to = Peer::new("visitor");
    let got = sender().send(&channel, &to, &Value::Null, &part("Hi", &[]), &meta()).await;
    assert_eq!(got, SENT);
}

#[tokio::test]
async fn an_unusable_reply_url_stops_the_channel() {
    for url in ["", "not a url", "ftp://example.com/", "https://user@example.com/"] {
        let got = outcome(&sender(), url).await;
        assert!(matches!(got, SendOutcome::PermanentChannel { .. }), "{url}: {got:?}");
    }
}
