//! The documented JSON, only as far as it is read.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::payload::Text;

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) message_id: Option<i64>,
    /// Absent in channels and for groups that write as themselves.
    pub(super) from: Option<User>,
    pub(super) chat: Chat,
    pub(super) date: Option<i64>,
    pub(super) message_thread_id: Option<i64>,
    /// Also replies in ordinary groups carry a thread id; only topics are conversations of
    /// their own.
    pub(super) is_topic_message: Option<bool>,
    pub(super) text: Option<Text>,
    pub(super) caption: Option<Text>,
    photo: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    voice: Option<IgnoredAny>,
    audio: Option<IgnoredAny>,
    video: Option<IgnoredAny>,
    video_note: Option<IgnoredAny>,
    animation: Option<IgnoredAny>,
    sticker: Option<IgnoredAny>,
    location: Option<IgnoredAny>,
    venue: Option<IgnoredAny>,
    contact: Option<IgnoredAny>,
    pub(super) reply_markup: Option<Markup>,
}

impl Message {
    pub(super) fn has_media(&self) -> bool {
        [
            &self.photo,
            &self.document,
            &self.voice,
            &self.audio,
            &self.video,
            &self.video_note,
            &self.animation,
            &self.sticker,
            &self.location,
            &self.venue,
            &self.contact,
        ]
        .iter()
        .any(|member| member.is_some())
    }
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) is_bot: bool,
    pub(super) first_name: Option<Text>,
    pub(super) last_name: Option<Text>,
    pub(super) language_code: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
}

#[derive(Deserialize)]
pub(super) struct Markup {
    pub(super) inline_keyboard: Option<Vec<Vec<Key>>>,
}

#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) text: Option<Text>,
    pub(super) callback_data: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Callback {
    pub(super) id: Option<Text>,
    pub(super) from: User,
    /// Absent for buttons of inline messages.
    pub(super) message: Option<Message>,
    pub(super) data: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Reaction {
    pub(super) chat: Chat,
    /// Absent when a group reacts as itself.
    pub(super) user: Option<User>,
    pub(super) message_id: Option<i64>,
    pub(super) date: Option<i64>,
    pub(super) new_reaction: Option<Vec<ReactionType>>,
}

#[derive(Deserialize)]
pub(super) struct ReactionType {
    pub(super) emoji: Option<Text>,
}

#[derive(Deserialize)]
pub(super) struct Membership {
    pub(super) chat: Chat,
    pub(super) new_chat_member: Option<Member>,
}

#[derive(Deserialize)]
pub(super) struct Member {
    pub(super) status: Option<Text>,
}

/// Whatever kind of update it is: the chat it happened in.
#[derive(Deserialize)]
pub(super) struct Somewhere {
    pub(super) chat: Option<Chat>,
    pub(super) message: Option<InChat>,
}

#[derive(Deserialize)]
pub(super) struct InChat {
    pub(super) chat: Option<Chat>,
}
