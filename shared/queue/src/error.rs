/// Why a message is not known to be stored. It may have been stored all the same in every case but
/// [`PublishError::Nacked`], so whoever sent it should send it again, and the receiver has to dedupe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Not connected, or the connection was lost before the confirm.
    #[error("the queue is away")]
    Away,
    /// The broker takes no messages now (memory or disk alarm).
    #[error("the broker is blocked")]
    Blocked,
    /// No confirm within the deadline, or too many messages wait for one.
    #[error("the queue did not confirm in time")]
    Timeout,
    /// The broker refused the message.
    #[error("the broker refused the message")]
    Nacked,
    /// An exchange, queue or table that keeps messages from getting lost is missing.
    #[error("the queue is not set up")]
    Topology,
}

/// The AMQP URL cannot be used. The text never holds the URL, which has a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an AMQP URL (amqp://user:password@host:5672/vhost): {0}")]
pub struct UrlError(pub(crate) String);

/// A question to the broker or the database failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The broker is away or answered with an error.
    #[error("the broker cannot be asked")]
    Broker(#[from] lapin::Error),
    /// The broker did not answer in time.
    #[error("the broker did not answer in time")]
    Timeout,
    /// The database is away or answered with an error.
    #[error("the database cannot be asked")]
    Database(#[from] sqlx::Error),
    /// No connection now.
    #[error("not connected")]
    Away,
    /// See [`UrlError`].
    #[error(transparent)]
    Url(#[from] UrlError),
}
