use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::labels::{ActionOutcome, ClassOutcome, Kind, KindOutcome, Name, Outcome, State};
use super::{Breaker, CacheRead, Inbox, Metric, Rows};

/// What a process counts. A clone shares the counters; recording never waits for I/O.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Shared>);

type Times = Family<Kind, Histogram, fn() -> Histogram>;

#[derive(Debug)]
struct Shared {
    registry: Registry,
    webhooks: Family<KindOutcome, Counter>,
    confirm: Histogram,
    inbox: Family<Outcome, Counter>,
    decisions: Family<ActionOutcome, Counter>,
    sends: Family<KindOutcome, Counter>,
    send_time: Times,
    answer: Histogram,
    oldest_pending: Gauge<f64, AtomicU64>,
    in_flight: Gauge,
    leases_lost: Counter,
    cache: Family<ClassOutcome, Counter>,
    breaker: Family<Name, Gauge>,
    inbox_rows: Family<State, Gauge>,
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut shared = Shared {
            registry: Registry::default(),
            webhooks: Family::default(),
            confirm: times(),
            inbox: Family::default(),
            decisions: Family::default(),
            sends: Family::default(),
            send_time: Family::new_with_constructor(times),
            answer: times(),
            oldest_pending: Gauge::default(),
            in_flight: Gauge::default(),
            leases_lost: Counter::default(),
            cache: Family::default(),
            breaker: Family::default(),
            inbox_rows: Family::default(),
        };
        shared.register();
        Self(Arc::new(shared))
    }

    /// A webhook was answered. `kind` is the platform's name.
    pub fn webhook(&self, kind: &'static str, outcome: &'static str) {
        self.0.webhooks.get_or_create(&KindOutcome { kind, outcome }).inc();
    }

    /// The broker confirmed a message.
    pub fn confirmed(&self, after: Duration) {
        self.0.confirm.observe(after.as_secs_f64());
    }

    /// `count` deliveries reached the inbox.
    pub fn inbox(&self, outcome: Inbox, count: u64) {
        self.0.inbox.get_or_create(&Outcome { outcome: outcome.label() }).inc_by(count);
    }

    /// A message was decided.
    pub fn decided(&self, action: &'static str, outcome: &'static str) {
        self.0.decisions.get_or_create(&ActionOutcome { action, outcome }).inc();
    }

    /// A request to a platform ended.
    pub fn send(&self, kind: &'static str, outcome: &'static str, took: Duration) {
        self.0.sends.get_or_create(&KindOutcome { kind, outcome }).inc();
        self.0.send_time.get_or_create(&Kind { kind }).observe(took.as_secs_f64());
    }

    /// A reply was accepted, so long after its message was received.
    pub fn answered(&self, after: Duration) {
        self.0.answer.observe(after.as_secs_f64());
    }

    /// The age of the oldest undecided message; zero when there is none.
    pub fn oldest_pending(&self, age: Duration) {
        self.0.oldest_pending.set(age.as_secs_f64());
    }

    /// How many conversations are under work.
    pub fn in_flight(&self, conversations: usize) {
        self.0.in_flight.set(i64::try_from(conversations).unwrap_or(i64::MAX));
    }

    /// Work was dropped because its lease was gone.
    pub fn lease_lost(&self) {
        self.0.leases_lost.inc();
    }

    /// A read of the cache.
    pub fn cache(&self, class: &'static str, outcome: CacheRead) {
        self.0.cache.get_or_create(&ClassOutcome { class, outcome: outcome.label() }).inc();
    }

    /// A breaker changed.
    pub fn breaker(&self, name: &'static str, state: Breaker) {
        self.0.breaker.get_or_create(&Name { name }).set(state.level());
    }

    /// Rows of the inbox, as the database counts them.
    pub fn inbox_rows(&self, rows: Rows) {
        let states = [
            ("pending", rows.pending),
            ("done", rows.done),
            ("dead", rows.dead),
            ("discarded", rows.discarded),
        ];
        for (state, count) in states {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.0.inbox_rows.get_or_create(&State { state }).set(count);
        }
    }

    /// Everything as OpenMetrics text.
    pub fn text(&self) -> String {
        let mut page = String::with_capacity(8 * 1024);
        match text::encode(&mut page, &self.0.registry) {
            Ok(()) => page,
            Err(error) => {
                tracing::error!(%error, "Metrics could not be written");
                "# EOF\n".to_owned()
            }
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let mut add = |metric: Metric, held: &dyn Held| {
            // The encoder ends a counter's name with `_total` itself.
            let name = metric.name();
            held.register(registry, name.strip_suffix("_total").unwrap_or(name), metric.help());
        };
        add(Metric::Webhooks, &self.webhooks);
        add(Metric::Confirm, &self.confirm);
        add(Metric::Inbox, &self.inbox);
        add(Metric::Decisions, &self.decisions);
        add(Metric::Sends, &self.sends);
        add(Metric::SendTime, &self.send_time);
        add(Metric::Answer, &self.answer);
        add(Metric::OldestPending, &self.oldest_pending);
        add(Metric::InFlight, &self.in_flight);
        add(Metric::LeasesLost, &self.leases_lost);
        add(Metric::Cache, &self.cache);
        add(Metric::Breaker, &self.breaker);
        add(Metric::InboxRows, &self.inbox_rows);
    }
}

/// Lets one closure register metrics of different types; a clone shares the values.
trait Held {
    fn register(&self, registry: &mut Registry, name: &str, help: &str);
}

impl<M: prometheus_client::registry::Metric + Clone> Held for M {
    fn register(&self, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, self.clone());
    }
}

/// From half a millisecond to about 70 minutes, each twice the one before: wide enough for a confirm and for
/// a reply that waited out an outage.
fn times() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 24))
}
