//! `POST messages`.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Visit;
use super::events::room;
use crate::answer::{Answer, Refusal, json};

#[derive(Deserialize)]
struct Request {
    client_msg_id: String,
    text: String,
    button: Option<Button>,
}

/// The label that was pressed, or a flag that `text` is one.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Button {
    Flag(bool),
    Label(String),
}

#[derive(Serialize)]
struct Message<'a> {
    r#type: &'static str,
    visitor: &'a str,
    client_msg_id: Uuid,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    button: Option<Button>,
}

#[derive(Serialize)]
struct Taken {
    id: Uuid,
}

/// 202 after the confirm. A message that comes again is published again: the worker knows its id.
pub(super) async fn post(visit: &Visit<'_>, body: Incoming) -> Result<Answer, Refusal> {
    visit.shared.chat.limits.address(&visit.head)?;
    let visitor = visit.visitor()?;
    let request: Request = visit.read(body).await?;
    let id = Uuid::parse_str(&request.client_msg_id)
        .map_err(|_| Refusal::Bad("client_msg_id is a UUID"))?;
    if request.text.trim().is_empty() {
        return Err(Refusal::Bad("text is empty"));
    }
    visit.shared.chat.limits.visitor(&visit.channel.key, &visitor)?;
    let message = Message {
        r#type: "web.message",
        visitor: &visitor,
        client_msg_id: id,
        text: &request.text,
        button: request.button,
    };
    visit.publish(&message).await?;
    visit.shared.chat.bell.typed(&room(&visit.channel, &visitor));
    let body = serde_json::to_vec(&Taken { id }).map_err(|_| Refusal::Bad("no JSON"))?;
    Ok(json(StatusCode::ACCEPTED, Bytes::from(body)))
}
