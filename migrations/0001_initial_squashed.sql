-- The first schema, whole. It is never edited after its first release: later changes are additive files
-- (see README.md in this folder). Every table that holds a business's data begins with the tenant, so that
-- tenants can later live on several servers.

create extension if not exists vector;
create extension if not exists pg_trgm;
create extension if not exists unaccent;
create extension if not exists btree_gist;

-- ---------------------------------------------------------------------------------------------------------
-- Tenants and what they know
-- ---------------------------------------------------------------------------------------------------------

create table tenants (
    id              text primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name            text not null,
    timezone        text not null,                       -- IANA
    country         text,                                -- ISO 3166; null: from the time zone
    language        text not null default 'en',          -- only where nothing can be detected
    instructions    text not null default '',
    handoff         boolean not null default true,       -- "a person will answer" is passed to the owners
    messages_days   integer not null default 365 check (messages_days >= 0),   -- retention; 0 = for ever
    replies_per_contact_per_hour integer not null default 120,                 -- loop guard; 0 = none
    tokens_per_day  bigint not null default 0,                                 -- 0 = none
    version         bigint not null default 1,           -- goes up with every change of the tenant or below it
    texts_pruned_to timestamptz,                         -- texts received before this are already gone
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);

create table channels (
    id              bigint generated always as identity primary key,
    tenant          text not null references tenants on delete cascade,
    key             text not null,                       -- {key} of the webhook path
    kind            text not null,
    account         text not null,                       -- the platform's id of the account
    settings        jsonb not null default '{}',
    -- JSON of the secrets, sealed with AES-256-GCM: 12-byte nonce, then ciphertext and tag;
    -- additional data is tenant and key, so that a row cannot be moved to another channel.
    sealed          bytea not null,
    seal_key_id     text not null,                       -- which key of LUMI_SECRET_KEY sealed it
    secrets_digest  text not null,                       -- keyed digest: tells "changed" without opening
    enabled         boolean not null default true,
    disabled_reason text,
    from_manifest   boolean not null default true,       -- `lumi apply --prune` removes only these
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    constraint channels_key_unique unique (key),
    constraint channels_account_unique unique (kind, account),
    constraint channels_tenant_id_unique unique (tenant, id)
);

create table owners (
    tenant          text not null,
    channel_id      bigint not null,
    peer            text not null,                       -- without a leading +
    name            text,
    from_manifest   boolean not null default true,       -- false: by one-time link or pairing
    created_at      timestamptz not null default now(),
    primary key (tenant, channel_id, peer),
    foreign key (tenant, channel_id) references channels (tenant, id) on delete cascade
);

-- A link that makes the chat visitor who opens it an owner, once. The token itself is not kept.
create table owner_links (
    token_hash      bytea primary key,                   -- SHA-256
    tenant          text not null,
    channel_id      bigint not null,
    expires_at      timestamptz not null,
    used_at         timestamptz,
    created_at      timestamptz not null default now(),
    foreign key (tenant, channel_id) references channels (tenant, id) on delete cascade
);

create table faqs (
    tenant          text not null references tenants on delete cascade,
    id              text not null,
    question        text not null,
    variants        text[] not null default '{}',
    answer          text not null,
    language        text,                                -- of the answer
    from_manifest   boolean not null default true,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant, id)
);

-- The lexical index: a question or variant is one phrase; its tokens are made by our own tokenizer
-- (words, character 4-grams, CJK and Thai bigrams), the same at index and at query time.
create table faq_phrases (
    tenant          text not null,
    faq_id          text not null,
    idx             smallint not null,                   -- 0 = the question, then the variants
    length          integer not null,                    -- tokens
    primary key (tenant, faq_id, idx),
    foreign key (tenant, faq_id) references faqs (tenant, id) on delete cascade
);

create table faq_terms (
    tenant          text not null,
    term            text not null,
    faq_id          text not null,
    idx             smallint not null,
    tf              smallint not null,
    primary key (tenant, term, faq_id, idx),
    foreign key (tenant, faq_id, idx) references faq_phrases (tenant, faq_id, idx) on delete cascade
);
create index faq_terms_phrase on faq_terms (tenant, faq_id, idx);

-- ---------------------------------------------------------------------------------------------------------
-- The way of a message
-- ---------------------------------------------------------------------------------------------------------

create table conversations (
    id              bigint generated always as identity primary key,
    tenant          text not null,
    channel_id      bigint not null,
    peer            text not null,
    name            text,
    dialogue        jsonb,                               -- state of the vacation dialogue; null = idle
    language        text,                                -- what it speaks so far
    -- Lease: who works on it, until when, and the fence that every write under the lease checks.
    lease_owner     uuid,
    lease_until     timestamptz,
    fence           bigint not null default 0,
    -- When a sweep has to look; only a release moves it back to later. infinity = nothing to do.
    wake_at         timestamptz not null default 'infinity',
    next_seq        bigint not null default 1,           -- of the outbox: sending order, SSE id, base of the key
    -- Greatest (received_at, seq) decided: a replayed older message is then answered as a question only.
    decided_at      timestamptz,
    decided_seq     bigint,
    hour_started    timestamptz,                         -- loop guard: replies in the running hour
    hour_replies    integer not null default 0,
    owner_asked_at  timestamptz,                         -- owners get "a person will answer" once an hour
    last_inbound_at timestamptz,                         -- the platforms' 24 h window counts from here
    created_at      timestamptz not null default now(),
    constraint conversations_peer_unique unique (channel_id, peer),
    foreign key (tenant, channel_id) references channels (tenant, id) on delete cascade
) with (fillfactor = 70);
create index conversations_wake on conversations (wake_at) where wake_at < 'infinity';
create index conversations_lease on conversations (lease_owner) where lease_owner is not null;

create sequence inbox_seq;

create table inbox (
    seq             bigint primary key,                  -- from inbox_seq
    tenant          text not null,
    channel_id      bigint not null,
    conversation_id bigint not null references conversations on delete cascade,
    external_id     text not null,
    -- Order within a conversation is (received_at, seq): the ingress's clock in ms, then delivery order.
    received_at     timestamptz not null,
    state           text not null default 'pending' check (state in ('pending', 'done', 'dead', 'discarded')),
    attempts        smallint not null default 0,
    due_at          timestamptz not null default now(),
    replayed_at     timestamptz,
    reason          text,                                -- why dead
    -- What was received; null after erasure or retention.
    sender          text not null,
    input           text not null,                       -- text button reaction media notice
    body            text,
    hint            text,                                -- language of the user's app
    reply_ref       jsonb,
    platform_ms     bigint,
    -- What was understood and done, for the story of a message.
    language        text,
    action          text,                                -- answer handoff dialogue notice cap ...
    source          text,                                -- faq id
    traceparent     text,
    stored_at       timestamptz not null default now(),
    finished_at     timestamptz
) with (fillfactor = 70);
create index inbox_pending on inbox (conversation_id, received_at, seq) where state = 'pending';
create index inbox_dead on inbox (tenant, seq) where state = 'dead';
create index inbox_conversation on inbox (conversation_id, seq);
create index inbox_pending_age on inbox (received_at) where state = 'pending';
create index inbox_age on inbox using brin (received_at);

-- Small on purpose, and not partitioned by time: a platform may deliver again for 7 days (WhatsApp).
-- Kept 14 days, and never pruned while its message is pending or dead.
create table dedupe (
    channel_id      bigint not null references channels on delete cascade,
    external_id     text not null,
    inbox_seq       bigint not null,
    created_at      timestamptz not null default now(),
    primary key (channel_id, external_id)
);
create index dedupe_age on dedupe using brin (created_at);

create table outbox (
    conversation_id bigint not null references conversations on delete cascade,
    seq             bigint not null,
    tenant          text not null,
    channel_id      bigint not null,
    inbox_seq       bigint,                              -- which message it answers
    idx             smallint not null,                   -- part number
    state           text not null default 'waiting'
                    check (state in ('waiting', 'sending', 'sent', 'dead', 'discarded')),
    fence           bigint not null default 0,           -- under which lease it is being sent
    attempt         integer not null default 0,
    due_at          timestamptz not null default now(),
    expires_at      timestamptz not null,                -- then dead (expired)
    key             text not null,                       -- idempotency key, stable across retries
    body            text,
    language        text not null,
    buttons         text[] not null default '{}',
    provider_id     text,
    reason          text,
    created_at      timestamptz not null default now(),
    finished_at     timestamptz,
    primary key (conversation_id, seq)
) with (fillfactor = 70);
create index outbox_unsent on outbox (conversation_id, seq) where state in ('waiting', 'sending');
create index outbox_dead on outbox (tenant, conversation_id, seq) where state = 'dead';
create index outbox_message on outbox (inbox_seq, idx);
create index outbox_age on outbox using brin (created_at);

-- Statuses, echoes and types we do not know: seen, never answered.
create table events (
    channel_id      bigint not null references channels on delete cascade,
    external_id     text not null,
    what            text not null,
    peer            text,
    received_at     timestamptz not null,
    primary key (channel_id, external_id, what)
);
create index events_age on events using brin (received_at);

-- Deliveries that never became a message: unparseable, of a foreign account, for an unknown channel,
-- or given up by the broker. Replay parses them again.
create table raw_letters (
    id              bigint generated always as identity primary key,
    tenant          text,                                -- of the endpoint, where known
    kind            text not null,
    endpoint        text not null,
    webhook_id      text,
    traceparent     text,
    received_at     timestamptz not null,
    body            bytea not null,
    digest          bytea not null,                      -- SHA-256 of what was delivered: a redelivery is no second row
    state           text not null default 'dead' check (state in ('pending', 'done', 'dead', 'discarded')),
    reason          text not null,
    detail          text not null default '',
    attempts        smallint not null default 0,
    replayed_at     timestamptz,
    stored_at       timestamptz not null default now(),
    finished_at     timestamptz,
    constraint raw_letters_digest_unique unique (digest)
);
create index raw_letters_open on raw_letters (state, id) where state in ('pending', 'dead');

-- Who is alive: one row a worker, written every second.
create table workers (
    id              uuid primary key,
    started_at      timestamptz not null default now(),
    seen_at         timestamptz not null default now()
);

-- ---------------------------------------------------------------------------------------------------------
-- Vacations
-- ---------------------------------------------------------------------------------------------------------

create table vacations (
    id              bigint generated always as identity primary key,
    tenant          text not null references tenants on delete cascade,
    starts_on       date not null,
    ends_on         date not null,                       -- inclusive
    owner           text not null,
    created_at      timestamptz not null default now(),
    constraint vacations_order check (starts_on <= ends_on),
    -- Of one owner no two blocks overlap; the database decides a race. Two owners may be away at once.
    constraint vacations_no_overlap exclude using gist
        (tenant with =, owner with =, daterange(starts_on, ends_on, '[]') with &&)
);
create index vacations_tenant on vacations (tenant, starts_on);

-- A contact is told once per block and conversation that the business is away.
create table vacation_notices (
    vacation_id     bigint not null references vacations on delete cascade,
    conversation_id bigint not null references conversations on delete cascade,
    created_at      timestamptz not null default now(),
    primary key (vacation_id, conversation_id)
);

-- ---------------------------------------------------------------------------------------------------------
-- The table queue: what lumi-queue uses where no broker is configured.
--
-- One row per message; a row is deleted when its message is acked. Consumers take rows in the order of
-- id from the partitions whose advisory lock they hold (class 1819636085, key = partition), so a partition
-- has one reader at a time. There is no index besides the primary key: readers usually hold every
-- partition, and each further index would be written twice per message.
CREATE TABLE queue_messages (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partition   smallint    NOT NULL CHECK (partition BETWEEN 0 AND 31),
    -- The envelope's fields by the names that AMQP carries them under.
    headers     jsonb       NOT NULL,
    -- The webhook's body, byte for byte.
    body        bytea       NOT NULL,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    -- Deliveries so far; counted before the message is handed out, so that a crash counts too.
    seen        integer     NOT NULL DEFAULT 0,
    -- Parked until then; NULL means due.
    delay_until timestamptz
) WITH (
    -- Room on the page for the update of `seen`, so that it touches no index.
    fillfactor = 70,
    -- Rows live for milliseconds: clean up by count, since a share of a nearly empty table is nothing.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000
);
