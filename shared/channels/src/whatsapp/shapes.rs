//! The documented JSON, only as far as it is read. Every member is optional: what is missing
//! makes one message odd, not the whole body.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::payload::{Stamp, Text};

#[derive(Deserialize)]
pub(super) struct Body<'a> {
    pub(super) object: Option<Text>,
    #[serde(borrow)]
    pub(super) entry: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub(super) changes: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Change<'a> {
    pub(super) field: Option<Text>,
    #[serde(borrow)]
    pub(super) value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Value<'a> {
    pub(super) metadata: Option<Metadata>,
    pub(super) contacts: Option<Vec<Contact>>,
    #[serde(borrow)]
    pub(super) messages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) statuses: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) errors: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize, Default)]
pub(super) struct Metadata {
    pub(super) display_phone_number: Option<Text>,
    pub(super) phone_number_id: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    pub(super) profile: Option<Profile>,
    pub(super) wa_id: Option<Text>,
    pub(super) user_id: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Profile {
    pub(super) name: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: Option<Text>,
    /// Absent for people who show a user name instead of their number.
    pub(super) from: Option<Text>,
    /// Business-scoped user id, `US.1234`.
    pub(super) from_user_id: Option<Text>,
    pub(super) group_id: Option<Text>,
    pub(super) timestamp: Option<Stamp>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Text>,
    pub(super) text: Option<TextBody>,
    pub(super) button: Option<Button>,
    pub(super) interactive: Option<Interactive>,
    pub(super) reaction: Option<Reaction>,
    pub(super) image: Option<Media>,
    pub(super) video: Option<Media>,
    pub(super) document: Option<Media>,
    pub(super) order: Option<Order>,
}

#[derive(Deserialize)]
pub(super) struct TextBody {
    pub(super) body: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Button {
    pub(super) text: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Interactive {
    #[serde(rename = "type")]
    pub(super) kind: Option<Text>,
    pub(super) button_reply: Option<Choice>,
    pub(super) list_reply: Option<Choice>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) title: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Reaction {
    /// Absent or empty when the reaction was taken back.
    pub(super) emoji: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Media {
    pub(super) caption: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Order {
    pub(super) text: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) id: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) recipient_id: Option<Text>,
    pub(super) timestamp: Option<Stamp>,
}
