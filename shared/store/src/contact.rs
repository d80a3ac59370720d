use chrono::{DateTime, Utc};
use lumi_domain::Peer;
use serde::Serialize;
use sqlx::PgConnection;

use crate::story::ConversationStory;
use crate::{Db, StoreError};

/// All that is kept of a person on one channel.
#[derive(Debug, Clone, Serialize)]
pub struct ContactExport {
    /// Whose contact.
    pub tenant: String,
    /// On which channel.
    pub channel: String,
    /// Who.
    pub id: String,
    /// When they first wrote; `None`: nothing of theirs became a message.
    pub since: Option<DateTime<Utc>>,
    /// Whether they are an owner of the tenant.
    pub owner: bool,
    /// What was written both ways; `None`: nothing of theirs became a message.
    pub conversation: Option<ConversationStory>,
    /// Statuses and echoes that name them.
    pub events: Vec<ContactEvent>,
    /// Deliveries in the raw that name them, byte for byte where they are text.
    pub raw_letters: Vec<ContactLetter>,
}

/// A status, an echo.
#[derive(Debug, Clone, Serialize)]
pub struct ContactEvent {
    /// What it was.
    pub what: String,
    /// When.
    pub received_at: DateTime<Utc>,
}

/// A delivery that never became a message.
#[derive(Debug, Clone, Serialize)]
pub struct ContactLetter {
    /// The dead letter's id.
    pub id: String,
    /// When.
    pub received_at: DateTime<Utc>,
    /// What was delivered.
    pub body: String,
}

/// What an erasure did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Messages that lost their text.
    pub messages: u64,
    /// Replies that lost their text.
    pub replies: u64,
    /// Of both, those that were still to be decided or sent, or were dead letters: discarded.
    pub discarded: u64,
    /// Event rows removed.
    pub events: u64,
    /// Raw letters emptied.
    pub raw_letters: u64,
    /// Questions of theirs that had been passed on to owners, emptied.
    pub notices: u64,
    /// The manifest still names them as an owner: they have to be removed there.
    pub owner_by_manifest: bool,
}

/// What stands for a person: a delivery that failed, or a status, leaves no conversation, and a
/// channel that was removed leaves its raw letters.
struct Target {
    conversation: Option<i64>,
    channel: Option<i64>,
    since: Option<DateTime<Utc>>,
    owner: bool,
}

impl Db {
    /// All that is kept of a contact; `None`: nothing is.
    ///
    /// # Errors
    /// The database is away.
    pub async fn contact_export(
        &self,
        tenant: &str,
        channel: &str,
        peer: &Peer,
    ) -> Result<Option<ContactExport>, StoreError> {
        let target = self.contact(tenant, channel, peer).await?;
        let conversation = match target.conversation {
            Some(id) => self.conversation_story(id, i64::MAX).await?,
            None => None,
        };
        let events = sqlx::query_as!(
            ContactEvent,
            "SELECT what, received_at FROM events WHERE channel_id = $1 AND peer = $2 ORDER BY received_at",
            target.channel,
            peer.as_str()
        )
        .fetch_all(&self.pool)
        .await?;
        let mut connection = self.pool.acquire().await?;
        let raw_letters = letters(&mut connection, tenant, channel, peer.as_str()).await?;
        let nothing = conversation.is_none() && events.is_empty() && raw_letters.is_empty();
        if nothing && !target.owner {
            return Ok(None);
        }
        Ok(Some(ContactExport {
            tenant: tenant.to_owned(),
            channel: channel.to_owned(),
            id: peer.as_str().to_owned(),
            since: target.since,
            owner: target.owner,
            conversation,
            events,
            raw_letters: raw_letters
                .into_iter()
                .map(|l| ContactLetter {
                    id: format!("w{}", l.id),
                    received_at: l.received_at,
                    body: String::from_utf8_lossy(&l.body).into_owned(),
                })
                .collect(),
        }))
    }

    /// Forgets a contact: texts, names and the platform's id go, rows stay as numbers, and what
    /// was still to be decided or sent is discarded. Dedupe rows stay, so that a late redelivery
    /// is not answered. `None`: there is nothing of them.
    ///
    /// # Errors
    /// The database is away: then nothing was changed.
    pub async fn contact_erase(
        &self,
        tenant: &str,
        channel: &str,
        peer: &Peer,
    ) -> Result<Option<Erased>, StoreError> {
        let target = self.contact(tenant, channel, peer).await?;
        let mut tx = self.pool.begin().await?;
        let mut erased = Erased::default();
        if let Some(conversation) = target.conversation {
            take_over(&mut tx, conversation).await?;
            erased.notices = erase_notices(&mut tx, conversation).await?;
            erase_messages(&mut tx, conversation, &mut erased).await?;
            erase_replies(&mut tx, conversation, &mut erased).await?;
        }
        erase_traces(&mut tx, (tenant, channel, peer.as_str()), &target, &mut erased).await?;
        erase_owner(&mut tx, (tenant, peer.as_str()), &target, &mut erased).await?;
        tx.commit().await?;
        let found = target.conversation.is_some() || target.owner || erased != Erased::default();
        Ok(found.then_some(erased))
    }

    async fn contact(
        &self,
        tenant: &str,
        channel: &str,
        peer: &Peer,
    ) -> Result<Target, StoreError> {
        let found = sqlx::query_as!(
            Target,
            r#"SELECT v.id AS "conversation?", c.id AS "channel?", v.created_at AS "since?",
                EXISTS (SELECT 1 FROM owners o WHERE o.tenant = $1 AND o.channel_id = c.id AND o.peer = $3)
                AS "owner!"
             FROM channels c LEFT JOIN conversations v ON v.channel_id = c.id AND v.peer = $3
             WHERE c.tenant = $1 AND c.key = $2"#,
            tenant,
            channel,
            peer.as_str()
        )
        .fetch_optional(&self.pool)
        .await?;
        let unknown = Target { conversation: None, channel: None, since: None, owner: false };
        Ok(found.unwrap_or(unknown))
    }
}

/// The fence moves on: whoever works on the conversation drops the work, so that no decision made
/// from the old text is written after it. The next message of this person begins a new one.
async fn take_over(tx: &mut PgConnection, conversation: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE conversations SET fence = fence + 1, lease_owner = NULL, lease_until = NULL,
            wake_at = 'infinity', peer = 'erased-' || id, name = NULL, dialogue = NULL,
            language = NULL
         WHERE id = $1",
        conversation
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The owners were asked in their own conversations: rows of input `notice` whose dedupe key names
/// the message, and the replies made from them.
async fn erase_notices(tx: &mut PgConnection, conversation: i64) -> Result<u64, StoreError> {
    // No index leads from a message to its notices: an erasure is rare, and may read the table.
    sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *tx).await?;
    let notices = sqlx::query_scalar!(
        "UPDATE inbox n SET body = NULL,
            state = CASE WHEN n.state IN ('pending', 'dead') THEN 'discarded' ELSE n.state END,
            reason = CASE WHEN n.state IN ('pending', 'dead') THEN 'erased' ELSE n.reason END
         FROM inbox m
         WHERE m.conversation_id = $1 AND n.tenant = m.tenant AND n.input = 'notice'
           AND n.external_id = 'lumi-notice-' || m.seq
         RETURNING n.seq",
        conversation
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE outbox SET body = NULL, buttons = '{}',
            state = CASE WHEN state IN ('sent', 'discarded') THEN state ELSE 'discarded' END,
            reason = CASE WHEN state IN ('sent', 'discarded') THEN reason ELSE 'erased' END
         WHERE inbox_seq = ANY($1)",
        &notices
    )
    .execute(&mut *tx)
    .await?;
    Ok(u64::try_from(notices.len()).unwrap_or(0))
}

async fn erase_messages(
    tx: &mut PgConnection,
    conversation: i64,
    erased: &mut Erased,
) -> Result<(), StoreError> {
    let open = sqlx::query!(
        "UPDATE inbox SET state = 'discarded', reason = 'erased', finished_at = now()
         WHERE conversation_id = $1 AND state IN ('pending', 'dead')",
        conversation
    )
    .execute(&mut *tx)
    .await?;
    // WhatsApp's message ids hold the phone number in base64.
    let all = sqlx::query!(
        "UPDATE inbox SET body = NULL, sender = 'erased', reply_ref = NULL, hint = NULL,
            external_id = 'erased-' || seq
         WHERE conversation_id = $1",
        conversation
    )
    .execute(&mut *tx)
    .await?;
    erased.discarded += open.rows_affected();
    erased.messages = all.rows_affected();
    Ok(())
}

async fn erase_replies(
    tx: &mut PgConnection,
    conversation: i64,
    erased: &mut Erased,
) -> Result<(), StoreError> {
    let open = sqlx::query!(
        "UPDATE outbox SET state = 'discarded', reason = 'erased', finished_at = now()
         WHERE conversation_id = $1 AND state IN ('waiting', 'sending', 'dead')",
        conversation
    )
    .execute(&mut *tx)
    .await?;
    let all = sqlx::query!(
        "UPDATE outbox SET body = NULL, buttons = '{}', provider_id = NULL WHERE conversation_id = $1",
        conversation
    )
    .execute(&mut *tx)
    .await?;
    erased.discarded += open.rows_affected();
    erased.replies = all.rows_affected();
    Ok(())
}

async fn erase_traces(
    tx: &mut PgConnection,
    (tenant, channel, peer): (&str, &str, &str),
    target: &Target,
    erased: &mut Erased,
) -> Result<(), StoreError> {
    let events = sqlx::query!(
        "DELETE FROM events WHERE channel_id = $1 AND peer = $2",
        target.channel,
        peer
    )
    .execute(&mut *tx)
    .await?;
    erased.events = events.rows_affected();
    let ids: Vec<i64> =
        letters(tx, tenant, channel, peer).await?.into_iter().map(|l| l.id).collect();
    sqlx::query!(
        "UPDATE raw_letters SET body = '', webhook_id = NULL, detail = 'erased',
            state = CASE WHEN state IN ('pending', 'dead') THEN 'discarded' ELSE state END,
            finished_at = coalesce(finished_at, now())
         WHERE id = ANY($1)",
        &ids
    )
    .execute(&mut *tx)
    .await?;
    erased.raw_letters = u64::try_from(ids.len()).unwrap_or(0);
    Ok(())
}

/// Their vacations stay, for the business was closed; each erased owner keeps a name of their own,
/// since no two blocks of one owner may overlap.
async fn erase_owner(
    tx: &mut PgConnection,
    (tenant, peer): (&str, &str),
    target: &Target,
    erased: &mut Erased,
) -> Result<(), StoreError> {
    if target.channel.is_none() {
        return Ok(());
    }
    // Who never wrote is named after the first of the blocks.
    sqlx::query!(
        "UPDATE vacations SET owner = coalesce('erased-' || $3::bigint,
            (SELECT 'erased-v' || min(id) FROM vacations WHERE tenant = $1 AND owner = $2))
         WHERE tenant = $1 AND owner = $2",
        tenant,
        peer,
        target.conversation
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM owners WHERE tenant = $1 AND channel_id = $2 AND peer = $3 AND NOT from_manifest",
        tenant,
        target.channel,
        peer
    )
    .execute(&mut *tx)
    .await?;
    erased.owner_by_manifest = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM owners WHERE tenant = $1 AND channel_id = $2 AND peer = $3)
           AS "named!""#,
        tenant,
        target.channel,
        peer
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!("SELECT pg_notify('lumi_settings', 'tenant:' || $1::text)", tenant)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

struct Letter {
    id: i64,
    received_at: DateTime<Utc>,
    body: Vec<u8>,
}

/// Raw letters of the endpoint that name the peer as a whole word. Keys of channels are unique
/// among all tenants: a letter whose tenant was not known is of the one that has the channel.
async fn letters(
    connection: &mut PgConnection,
    tenant: &str,
    channel: &str,
    peer: &str,
) -> Result<Vec<Letter>, StoreError> {
    let mut found = sqlx::query_as!(
        Letter,
        "SELECT id, received_at, body FROM raw_letters
         WHERE endpoint = $2 AND (tenant = $1 OR tenant IS NULL AND EXISTS (
                SELECT 1 FROM channels c WHERE c.tenant = $1 AND c.key = $2))
           AND position(convert_to($3, 'UTF8') IN body) > 0
         ORDER BY received_at, id",
        tenant,
        channel,
        peer
    )
    .fetch_all(&mut *connection)
    .await?;
    found.retain(|l| names(&l.body, peer.as_bytes()));
    Ok(found)
}

/// `3361` is not in `33612`: what stands around it must be no letter or digit.
fn names(body: &[u8], peer: &[u8]) -> bool {
    let bound = |at: Option<usize>| {
        at.and_then(|at| body.get(at)).is_none_or(|b| !b.is_ascii_alphanumeric())
    };
    !peer.is_empty()
        && body
            .windows(peer.len())
            .enumerate()
            .any(|(at, w)| w == peer && bound(at.checked_sub(1)) && bound(Some(at + peer.len())))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_peer_is_found_as_a_whole_word() {
        for (body, found) in [
            (r#"{"from":"3361"}"#, true),
            (r#"{"from":3361}"#, true),
            ("3361", true),
            (r#"{"from":"33612"}"#, false),
            (r#"{"from":"93361"}"#, false),
            (r#"{"id":"93361","from":"3361"}"#, true),
            ("", false),
        ] {
            assert_eq!(names(body.as_bytes(), b"3361"), found, "{body}");
        }
    }
}
