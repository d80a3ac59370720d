/// Every metric. The table in the README is checked against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Webhooks by how they were answered.
    Webhooks,
    /// From the publish to the confirm.
    Confirm,
    /// Deliveries by what became of them.
    Inbox,
    /// Messages decided.
    Decisions,
    /// Requests to platforms.
    Sends,
    /// Their duration.
    SendTime,
    /// From webhook to accepted reply.
    Answer,
    /// Age of the oldest undecided message.
    OldestPending,
    /// Conversations under work.
    InFlight,
    /// Leases found gone.
    LeasesLost,
    /// Cache reads.
    Cache,
    /// State of a breaker.
    Breaker,
    /// Rows of the inbox by state.
    InboxRows,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Webhooks,
        Self::Confirm,
        Self::Inbox,
        Self::Decisions,
        Self::Sends,
        Self::SendTime,
        Self::Answer,
        Self::OldestPending,
        Self::InFlight,
        Self::LeasesLost,
        Self::Cache,
        Self::Breaker,
        Self::InboxRows,
    ];

    /// The name that `/metrics` shows; counters end in `_total`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhooks => "lumi_webhooks_total",
            Self::Confirm => "lumi_confirm_seconds",
            Self::Inbox => "lumi_inbox_total",
            Self::Decisions => "lumi_decisions_total",
            Self::Sends => "lumi_sends_total",
            Self::SendTime => "lumi_send_seconds",
            Self::Answer => "lumi_answer_seconds",
            Self::OldestPending => "lumi_oldest_pending_seconds",
            Self::InFlight => "lumi_conversations_in_flight",
            Self::LeasesLost => "lumi_leases_lost_total",
            Self::Cache => "lumi_cache_total",
            Self::Breaker => "lumi_breaker_state",
            Self::InboxRows => "lumi_inbox_rows",
        }
    }

    /// One line of help. The exposition format ends it with a full stop of its own.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Webhooks => "Webhooks by how they were answered",
            Self::Confirm => "From the publish to the broker's confirm",
            Self::Inbox => "Deliveries by what became of them",
            Self::Decisions => "Messages decided",
            Self::Sends => "Requests to platforms",
            Self::SendTime => "Duration of requests to platforms",
            Self::Answer => "From the receipt of a webhook to its reply's acceptance",
            Self::OldestPending => "Age of the oldest message that is not decided",
            Self::InFlight => "Conversations this worker works on",
            Self::LeasesLost => "Work dropped because its lease was gone",
            Self::Cache => "Cache reads",
            Self::Breaker => "State of a breaker: 0 closed, 1 half-open, 2 open",
            Self::InboxRows => "Rows of the inbox of the last 24 hours, by state",
        }
    }
}
