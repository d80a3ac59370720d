//! The ledger: every message is pending, done, dead or discarded, and nothing is where no sweep
//! looks. See `lumi doctor`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::{Db, StoreError};

/// How late a conversation may be woken without being called hidden: a pause after a panic.
const PATIENCE_SECONDS: f64 = 60.0;

/// Examples named of each trouble.
const EXAMPLES: usize = 5;
const EXAMPLES_SQL: i64 = 5;

/// What was found, in one snapshot of the database.
#[derive(Debug, Clone, Serialize)]
pub struct Checkup {
    /// Messages received since then are counted.
    pub since: DateTime<Utc>,
    /// Messages.
    pub inbox: InboxCount,
    /// Replies to the messages that are done.
    pub replies: ReplyCount,
    /// Messages that were taken, but whose row is gone: lost.
    pub lost: Vec<i64>,
    /// Messages that are done with an action that owes a reply, but have none: lost replies.
    pub unanswered: Vec<i64>,
    /// Age of the oldest message that waits to be decided, in seconds; of any time.
    pub oldest_pending_seconds: Option<f64>,
    /// Age of the oldest reply that waits to be sent, in seconds; of any time.
    pub oldest_unsent_seconds: Option<f64>,
    /// How many conversations have work that no sweep will find; of any time.
    pub hidden: usize,
    /// Some of them.
    pub hidden_examples: Vec<Hidden>,
    /// Raw letters waiting to be parsed again.
    pub raw_pending: i64,
    /// Raw letters that are dead.
    pub raw_dead: i64,
    /// Workers seen within 5 s.
    pub workers: i64,
}

/// Messages by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct InboxCount {
    /// All.
    pub rows: i64,
    /// To be decided.
    pub pending: i64,
    /// Decided.
    pub done: i64,
    /// Given up.
    pub dead: i64,
    /// Given up for good by the operator, by erasure or by retention.
    pub discarded: i64,
}

/// Replies by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ReplyCount {
    /// All.
    pub rows: i64,
    /// Accepted by the platform.
    pub sent: i64,
    /// Given up.
    pub dead: i64,
    /// Given up for good.
    pub discarded: i64,
    /// To be sent, or being sent.
    pub waiting: i64,
}

/// A conversation with work that no sweep will find.
#[derive(Debug, Clone, Serialize)]
pub struct Hidden {
    /// Row id.
    pub conversation: i64,
    /// Whose it is.
    pub tenant: String,
    /// When its first work is due.
    pub due_at: DateTime<Utc>,
    /// When a sweep would look; `None` = never.
    pub wake_at: Option<DateTime<Utc>>,
}

impl Checkup {
    /// True when something was lost or is where nobody looks.
    pub fn has_gap(&self) -> bool {
        let i = &self.inbox;
        let r = &self.replies;
        i.rows != i.pending + i.done + i.dead + i.discarded
            || r.rows != r.sent + r.dead + r.discarded + r.waiting
            || !self.lost.is_empty()
            || !self.unanswered.is_empty()
            || self.hidden > 0
    }
}

impl Db {
    /// Counts messages received since `since` and looks for work that no sweep will find.
    ///
    /// # Errors
    /// The database is away.
    pub async fn doctor(&self, since: DateTime<Utc>) -> Result<Checkup, StoreError> {
        let mut tx = self.pool.begin().await?;
        // One snapshot: a message that is decided meanwhile is counted once.
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .execute(&mut *tx)
            .await?;
        // A long `since` reads much; the operator waits, nobody else does.
        sqlx::query("SET LOCAL statement_timeout = '10min'").execute(&mut *tx).await?;
        let mut hidden_examples = hidden(&mut tx).await?;
        let hidden = hidden_examples.len();
        hidden_examples.truncate(EXAMPLES);
        let ages = ages(&mut tx).await?;
        let raw = sqlx::query!(
            r#"SELECT count(*) FILTER (WHERE state = 'pending') AS "pending!",
                      count(*) FILTER (WHERE state = 'dead') AS "dead!"
               FROM raw_letters WHERE state IN ('pending', 'dead')"#
        )
        .fetch_one(&mut *tx)
        .await?;
        let checkup = Checkup {
            since,
            inbox: inbox(&mut tx, since).await?,
            replies: replies(&mut tx, since).await?,
            lost: lost(&mut tx, since).await?,
            unanswered: unanswered(&mut tx, since).await?,
            oldest_pending_seconds: ages.0,
            oldest_unsent_seconds: ages.1,
            hidden,
            hidden_examples,
            raw_pending: raw.pending,
            raw_dead: raw.dead,
            workers: sqlx::query_scalar!(
                r#"SELECT count(*) AS "alive!" FROM workers WHERE seen_at > now() - interval '5 s'"#
            )
            .fetch_one(&mut *tx)
            .await?,
        };
        tx.rollback().await?;
        Ok(checkup)
    }
}

async fn inbox(tx: &mut PgConnection, since: DateTime<Utc>) -> Result<InboxCount, StoreError> {
    Ok(sqlx::query_as!(
        InboxCount,
        r#"SELECT count(*) AS "rows!",
            count(*) FILTER (WHERE state = 'pending') AS "pending!",
            count(*) FILTER (WHERE state = 'done') AS "done!",
            count(*) FILTER (WHERE state = 'dead') AS "dead!",
            count(*) FILTER (WHERE state = 'discarded') AS "discarded!"
         FROM inbox WHERE received_at >= $1"#,
        since
    )
    .fetch_one(&mut *tx)
    .await?)
}

async fn replies(tx: &mut PgConnection, since: DateTime<Utc>) -> Result<ReplyCount, StoreError> {
    Ok(sqlx::query_as!(
        ReplyCount,
        r#"SELECT count(*) AS "rows!",
            count(*) FILTER (WHERE o.state = 'sent') AS "sent!",
            count(*) FILTER (WHERE o.state = 'dead') AS "dead!",
            count(*) FILTER (WHERE o.state = 'discarded') AS "discarded!",
            count(*) FILTER (WHERE o.state IN ('waiting', 'sending')) AS "waiting!"
         FROM inbox i JOIN outbox o ON o.inbox_seq = i.seq
         WHERE i.received_at >= $1 AND i.state = 'done'"#,
        since
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// A message is in the dedupe table and in the inbox, or in neither.
async fn lost(tx: &mut PgConnection, since: DateTime<Utc>) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT inbox_seq FROM dedupe d WHERE created_at >= $1
           AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.seq = d.inbox_seq)
         ORDER BY inbox_seq LIMIT $2",
        since,
        EXAMPLES_SQL
    )
    .fetch_all(&mut *tx)
    .await?)
}

async fn unanswered(tx: &mut PgConnection, since: DateTime<Utc>) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT seq FROM inbox i WHERE received_at >= $1 AND state = 'done'
           AND action IN ('answer', 'handoff', 'clarify', 'greeting', 'dialogue', 'too_late', 'owner_link')
           AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.inbox_seq = i.seq)
         ORDER BY seq LIMIT $2",
        since,
        EXAMPLES_SQL
    )
    .fetch_all(&mut *tx)
    .await?)
}

async fn ages(tx: &mut PgConnection) -> Result<(Option<f64>, Option<f64>), StoreError> {
    let row = sqlx::query!(
        "SELECT extract(epoch FROM now() - (SELECT min(received_at) FROM inbox WHERE state = 'pending'))::float8
                    AS pending,
                extract(epoch FROM now() - (SELECT min(created_at) FROM outbox
                    WHERE state IN ('waiting', 'sending')))::float8 AS unsent"
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok((row.pending, row.unsent))
}

async fn hidden(tx: &mut PgConnection) -> Result<Vec<Hidden>, StoreError> {
    Ok(sqlx::query_as!(
        Hidden,
        r#"WITH work AS (
            (SELECT DISTINCT ON (conversation_id) conversation_id, due_at FROM inbox
             WHERE state = 'pending' ORDER BY conversation_id, received_at, seq)
            UNION ALL
            (SELECT DISTINCT ON (conversation_id) conversation_id,
                    CASE state WHEN 'sending' THEN created_at ELSE due_at END FROM outbox
             WHERE state IN ('waiting', 'sending') ORDER BY conversation_id, seq)),
         first AS (SELECT conversation_id, min(due_at) AS due_at FROM work GROUP BY conversation_id)
         SELECT v.id AS conversation, v.tenant, f.due_at AS "due_at!",
                nullif(v.wake_at, 'infinity') AS wake_at
         FROM first f JOIN conversations v ON v.id = f.conversation_id
         WHERE v.wake_at > greatest(f.due_at, now()) + make_interval(secs => $1)
           AND (v.lease_until IS NULL OR v.lease_until < now() - make_interval(secs => $1))
         ORDER BY v.id"#,
        PATIENCE_SECONDS
    )
    .fetch_all(&mut *tx)
    .await?)
}
