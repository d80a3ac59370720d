use super::list::Candidate;
use super::{DeadSelection, LetterId, Plan};
use crate::{Db, StoreError};

impl Db {
    /// What [`Db::discard_dead`] would do.
    ///
    /// # Errors
    /// The database is away.
    pub async fn plan_discard(&self, selection: &DeadSelection) -> Result<Plan, StoreError> {
        let found = self.select_dead(selection).await?;
        Ok(Plan::new(selection, &found, &found))
    }

    /// Gives dead letters up for good: they are counted, but never tried again.
    ///
    /// # Errors
    /// The database is away.
    pub async fn discard_dead(&self, selection: &DeadSelection) -> Result<Plan, StoreError> {
        let found = self.select_dead(selection).await?;
        let (mut conversations, mut seqs, mut messages, mut raw) = (vec![], vec![], vec![], vec![]);
        for c in &found {
            match c.letter.id {
                LetterId::Reply { conversation, seq } => {
                    conversations.push(conversation);
                    seqs.push(seq);
                }
                LetterId::Message(seq) => messages.push(seq),
                LetterId::Raw(id) => raw.push(id),
            }
        }
        let mut tx = self.pool.begin().await?;
        let replies = sqlx::query!(
            "UPDATE outbox o SET state = 'discarded', finished_at = now()
             FROM unnest($1::bigint[], $2::bigint[]) AS u(id, seq)
             WHERE o.conversation_id = u.id AND o.seq = u.seq AND o.state = 'dead'
             RETURNING o.conversation_id, o.seq",
            &conversations,
            &seqs
        )
        .fetch_all(&mut *tx)
        .await?;
        let messages = sqlx::query_scalar!(
            "UPDATE inbox SET state = 'discarded', finished_at = now()
             WHERE seq = ANY($1) AND state = 'dead' RETURNING seq",
            &messages
        )
        .fetch_all(&mut *tx)
        .await?;
        let raw = sqlx::query_scalar!(
            "UPDATE raw_letters SET state = 'discarded', finished_at = now()
             WHERE id = ANY($1) AND state = 'dead' RETURNING id",
            &raw
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let changed: Vec<LetterId> = replies
            .into_iter()
            .map(|r| LetterId::Reply { conversation: r.conversation_id, seq: r.seq })
            .chain(messages.into_iter().map(LetterId::Message))
            .chain(raw.into_iter().map(LetterId::Raw))
            .collect();
        let done: Vec<Candidate> =
            found.iter().filter(|c| changed.contains(&c.letter.id)).cloned().collect();
        Ok(Plan::new(selection, &found, &done))
    }
}
