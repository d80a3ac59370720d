//! The table: one constant per variable.

use crate::Form;
use crate::Program::{self, Admin, Cli, Dev, Ingress, Serve, Worker};

/// One row of the table.
#[derive(Debug)]
pub struct Var {
    /// The name in the environment.
    pub name: &'static str,
    /// The text that stands for an unset variable.
    pub default: Option<&'static str>,
    /// What its text has to look like, with the unit.
    pub form: Form,
    /// The programs that read it.
    pub readers: &'static [Program],
    /// One line for people.
    pub doc: &'static str,
    /// Whether the value must never be printed (a URL with a password is one).
    pub secret: bool,
}

const EVERY: &[Program] = &[Ingress, Worker, Admin, Dev, Serve, Cli];
const SERVERS: &[Program] = &[Ingress, Worker, Admin, Dev, Serve];
const PUBLIC: &[Program] = &[Ingress, Dev, Serve];
const BRAINS: &[Program] = &[Worker, Admin, Dev, Serve, Cli];
const SENDERS: &[Program] = &[Worker, Dev, Serve];
const SEALED: &[Program] = &[Ingress, Worker, Admin, Serve, Cli];
const PRIVATE: &[Program] = &[Admin, Serve];

macro_rules! table {
    ($( $(#[$cfg:meta])? $name:ident: $form:expr, $default:expr, $readers:expr, $kind:ident, $doc:literal; )*) => {
        $( $(#[$cfg])? #[doc = $doc] pub static $name: Var = Var {
            name: stringify!($name),
            default: $default,
            form: $form,
            readers: $readers,
            doc: $doc,
            secret: table!(@$kind),
        }; )*
        /// Every variable, in the order of the documentation.
        pub static TABLE: &[&Var] = &[ $( $(#[$cfg])? &$name, )* ];
    };
    (@open) => { false };
    (@secret) => { true };
}

/// A day: no time in the table is meant to be longer.
const DAY: f64 = 86_400.0;
const WEB: Form = Form::Url(&["http", "https"]);

table! {
    DATABASE_URL: Form::Url(&["postgres", "postgresql"]), None, EVERY, secret, "PostgreSQL. Required, except by `lumi dev`, which brings its own.";
    RUN_MIGRATIONS_ON_STARTUP: Form::Flag, Some("false"), &[Worker, Admin, Serve], open, "Migrate the database before serving.";
    PORT: Form::Whole(0, 65_535), Some("8000"), &[Ingress, Admin, Dev, Serve], open, "Port of HTTP; 0 takes any free one.";
    OPS_ADDR: Form::Address, Some("0.0.0.0:9464"), &[Ingress, Worker, Admin], open, "Where `/healthz`, `/readyz` and `/metrics` are served; distinct per process on one machine.";
    AMQP_URL: Form::Url(&["amqp", "amqps"]), None, EVERY, secret, "RabbitMQ. Required by `lumi-ingress` and `lumi-worker`; without it `lumi serve` queues in PostgreSQL.";
    LUMI_SECRET_KEY: Form::Keys, None, SEALED, secret, "Keys that seal stored secrets: the first seals, all open. Required outside `lumi dev`. Make one with `openssl rand -base64 32`.";
    LOG_LEVEL: Form::Text, Some("info"), EVERY, open, "error, warn, info, debug or trace; also by module, like `info,lumi_worker=debug`.";
    SHUTDOWN_GRACE_SECONDS: Form::Seconds(0.0, DAY), Some("30"), SERVERS, open, "How long a stopping program finishes what it has begun.";
    WORKER_CONCURRENCY: Form::Whole(1, 100_000), Some("256"), SENDERS, open, "Conversations one worker works on at a time.";
    REDIS_URL: Form::Url(&["redis", "rediss"]), None, EVERY, secret, "Redis as a cache; optional. `?ssl_cert_reqs=none` accepts any certificate.";
    REDIS_DB: Form::Whole(0, 255), Some("0"), EVERY, open, "Redis database when the URL names none.";
    REDIS_PREFIX: Form::Text, Some("lumi"), EVERY, open, "First part of every Redis key.";
    REDIS_CONNECT_TIMEOUT_MS: Form::Millis(1, 60_000), Some("500"), EVERY, open, "Time to connect to Redis.";
    REDIS_HEALTHCHECK_SECONDS: Form::Seconds(0.1, DAY), Some("30"), EVERY, open, "Time between two pings of Redis.";
    REDIS_METRICS: Form::Flag, Some("false"), EVERY, open, "Count cache hits and misses by kind of entry.";
    CACHE_TTL_CONFIG_SEC: Form::Seconds(0.0, DAY), Some("60"), EVERY, open, "How long settings stay in Redis; 0 keeps none.";
    CACHE_TTL_FAQS_SEC: Form::Seconds(0.0, DAY), Some("300"), EVERY, open, "How long FAQs stay in Redis; 0 keeps none.";
    AI_ENABLE: Form::Flag, None, BRAINS, open, "Let a language model write answers; on when a key or a base URL is set.";
    OPENAI_API_KEY: Form::Text, None, BRAINS, secret, "Key of the language model's API.";
    OPENAI_BASE_URL: WEB, None, BRAINS, open, "Any API with OpenAI's form; unset is OpenAI itself.";
    OPENAI_MODEL: Form::Text, Some("gpt-4o-mini"), BRAINS, open, "The model that writes answers.";
    OPENAI_EMBEDDING_MODEL: Form::Text, None, BRAINS, open, "The model that embeds texts, where embeddings come from an API.";
    EMBEDDINGS_BASE_URL: WEB, None, BRAINS, open, "API of the embedding model; unset embeds in the process.";
    AI_REQUEST_TIMEOUT_SECONDS: Form::Seconds(0.1, 600.0), Some("30"), BRAINS, open, "Deadline of one request to a model.";
    AI_MAX_TOKENS_COMPLETION: Form::Whole(1, 100_000), Some("512"), BRAINS, open, "Most tokens of one answer.";
    AI_TEMPERATURE: Form::Decimal(0.0, 2.0), Some("0.2"), BRAINS, open, "Temperature of the model.";
    RAG_TOP_K: Form::Whole(1, 100), Some("6"), BRAINS, open, "Passages an answer is made from.";
    RAG_CONTEXT_TOKEN_BUDGET: Form::Whole(1, 1_000_000), Some("1200"), BRAINS, open, "Tokens of passages given to the model.";
    VERIFY_TOKEN: Form::Text, None, PUBLIC, secret, "Handshake of `GET /webhook`, the path of the replaced system.";
    META_APP_SECRET: Form::Text, None, PUBLIC, secret, "Signs `POST /webhook`; without it that path is off.";
    X_ADMIN_TOKEN: Form::Text, None, &[Admin, Dev, Serve], secret, "Opens the admin API. Required by `lumi-admin`; `lumi dev` makes one.";
    CORS_ALLOWED_ORIGINS: Form::List, None, PRIVATE, open, "Origins whose pages may call the admin API.";
    OUTBOUND_ALLOW: Form::Ranges, None, &[Worker, Admin, Dev, Serve], open, "Ranges that replies, documents and `reply_url` may reach besides public addresses; `lumi dev` allows 127.0.0.0/8.";
    WHATSAPP_API_BASE: WEB, None, SENDERS, open, "WhatsApp's API; a channel's own `api_base` wins.";
    MESSENGER_API_BASE: WEB, None, SENDERS, open, "Messenger's API; a channel's own `api_base` wins.";
    INSTAGRAM_API_BASE: WEB, None, SENDERS, open, "Instagram's API; a channel's own `api_base` wins.";
    TELEGRAM_API_BASE: WEB, None, SENDERS, open, "Telegram's API; a channel's own `api_base` wins.";
    LINE_API_BASE: WEB, None, SENDERS, open, "LINE's API; a channel's own `api_base` wins.";
    VIBER_API_BASE: WEB, None, SENDERS, open, "Viber's API; a channel's own `api_base` wins.";
    SLACK_API_BASE: WEB, None, SENDERS, open, "Slack's API; a channel's own `api_base` wins.";
    TWILIO_API_BASE: WEB, None, SENDERS, open, "Twilio's API; a channel's own `api_base` wins.";
    DISCORD_API_BASE: WEB, None, SENDERS, open, "Discord's API; a channel's own `api_base` wins.";
    EMAIL_API_BASE: WEB, None, SENDERS, open, "The e-mail provider's API; a channel's own `api_base` wins.";
    LUMI_POSTGRES_HOME: Form::Text, None, &[Dev], open, "Folder of a PostgreSQL server with pgvector for `lumi dev`; unset looks where `scripts/dev` unpacks one.";
    OTEL_SDK_DISABLED: Form::Flag, Some("false"), SERVERS, open, "Turns OpenTelemetry off.";
    OTEL_SERVICE_NAME: Form::Text, None, SERVERS, open, "Name of this process in traces; unset is the program's name.";
    OTEL_RESOURCE_ATTRIBUTES: Form::List, None, SERVERS, open, "More attributes of this process in traces, as `name=value`.";
    OTEL_EXPORTER_OTLP_ENDPOINT: WEB, None, SERVERS, open, "Where traces are sent; unset sends none.";
    OTEL_EXPORTER_OTLP_HEADERS: Form::List, None, SERVERS, secret, "Headers of the export, as `name=value`.";
    OTEL_EXPORTER_OTLP_PROTOCOL: Form::Choice(&["grpc", "http/protobuf", "http/json"]), Some("http/protobuf"), SERVERS, open, "Protocol of the export.";
    OTEL_EXPORTER_OTLP_TIMEOUT: Form::Millis(1, 600_000), Some("10000"), SERVERS, open, "Deadline of one export.";
    OTEL_TRACES_SAMPLER: Form::Choice(&["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"]), Some("parentbased_always_on"), SERVERS, open, "Which traces are kept.";
    OTEL_TRACES_SAMPLER_ARG: Form::Decimal(0.0, 1.0), None, SERVERS, open, "Share of traces kept by a ratio sampler.";
    #[cfg(feature = "failpoints")]
    FAILPOINTS: Form::Text, None, SERVERS, open, "Faults to inject, in the form of the `fail` crate; only in builds with the feature `failpoints`.";
}
