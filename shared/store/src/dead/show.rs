use serde::Serialize;

use super::{DeadLetter, DeadSelection, LetterId};
use crate::story::ConversationStory;
use crate::{Db, StoreError};

/// The whole story of a dead letter. It holds texts and names: for the operator's eyes.
#[derive(Debug, Clone, Serialize)]
pub struct DeadStory {
    /// The letter itself.
    #[serde(flatten)]
    pub letter: DeadLetter,
    /// What it is about.
    #[serde(flatten)]
    pub work: DeadWork,
}

/// What a dead letter is about.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeadWork {
    /// The message, alone in its conversation: what was understood, what was answered.
    Conversation(Box<ConversationStory>),
    /// What was delivered, as text where it is text.
    Body(String),
}

impl Db {
    /// Everything about a dead letter; `None`: it is not dead.
    ///
    /// # Errors
    /// The database is away.
    pub async fn dead_story(&self, id: LetterId) -> Result<Option<DeadStory>, StoreError> {
        let selection = DeadSelection::Ids(vec![id]);
        let Some(found) = self.select_dead(&selection).await?.pop() else { return Ok(None) };
        let work = match id {
            LetterId::Raw(row) => {
                let body = sqlx::query_scalar!("SELECT body FROM raw_letters WHERE id = $1", row)
                    .fetch_optional(&self.pool)
                    .await?;
                body.map(|b| DeadWork::Body(String::from_utf8_lossy(&b).into_owned()))
            }
            LetterId::Message(seq) => self.one_message(found.conversation, Some(seq)).await?,
            LetterId::Reply { conversation, seq } => {
                let message = sqlx::query_scalar!(
                    "SELECT inbox_seq FROM outbox WHERE conversation_id = $1 AND seq = $2",
                    conversation,
                    seq
                )
                .fetch_optional(&self.pool)
                .await?;
                self.one_message(found.conversation, message.flatten()).await?
            }
        };
        Ok(work.map(|work| DeadStory { letter: found.letter, work }))
    }

    async fn one_message(
        &self,
        conversation: Option<i64>,
        message: Option<i64>,
    ) -> Result<Option<DeadWork>, StoreError> {
        let Some(conversation) = conversation else { return Ok(None) };
        let Some(mut story) = self.conversation_story(conversation, i64::MAX).await? else {
            return Ok(None);
        };
        story.messages.retain(|m| Some(m.seq) == message);
        Ok(Some(DeadWork::Conversation(Box::new(story))))
    }
}
