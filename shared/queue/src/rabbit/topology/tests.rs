use super::*;

fn line(item: &Item) -> String {
    let arguments = match item {
        Item::Exchange { arguments, .. } | Item::Queue { arguments, .. } => {
            arguments.iter().map(|(name, value)| format!(" {name}={value}")).collect::<String>()
        }
        Item::Binding { .. } => String::new(),
    };
    match item {
        Item::Exchange { name, kind, .. } => format!("exchange {name} {kind:?}{arguments}"),
        Item::Queue { name, .. } => format!("queue {name}{arguments}"),
        Item::Binding { queue, exchange, key } => format!("binding {queue} <- {exchange} [{key}]"),
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

/// A queue's arguments cannot be changed: a line that differs here needs a new version in the prefix, and
/// workers that drain both.
#[test]
fn version_1_is_pinned() {
    let lines: Vec<String> = Topology::v1().items().iter().map(line).collect();
    let work = |n: u8| {
        [
            format!(
                "queue lumi.v1.work.{n:02} x-queue-type=quorum x-delivery-limit=50 \
                 x-single-active-consumer=true x-dead-letter-exchange=lumi.v1.dlx \
                 x-dead-letter-strategy=at-least-once x-overflow=reject-publish"
            ),
            format!("binding lumi.v1.work.{n:02} <- lumi.v1.work [{n:02}]"),
        ]
    };
    let rung = |name: &str, ttl: u32| {
        [
            format!("exchange {name} Fanout"),
            format!(
                "queue {name} x-queue-type=quorum x-message-ttl={ttl} \
                 x-dead-letter-exchange=lumi.v1.work x-dead-letter-strategy=at-least-once \
                 x-overflow=reject-publish"
            ),
            format!("binding {name} <- {name} []"),
        ]
    };
    let mut pinned: Vec<String> = [
        "exchange lumi.v1.dlx Fanout",
        "queue lumi.v1.dead x-queue-type=quorum x-delivery-limit=1000000 \
         x-single-active-consumer=true",
        "binding lumi.v1.dead <- lumi.v1.dlx []",
        "exchange lumi.v1.unrouted Fanout",
        "queue lumi.v1.unrouted x-queue-type=quorum x-delivery-limit=50 \
         x-single-active-consumer=true x-dead-letter-exchange=lumi.v1.dlx \
         x-dead-letter-strategy=at-least-once x-overflow=reject-publish",
        "binding lumi.v1.unrouted <- lumi.v1.unrouted []",
        "exchange lumi.v1.work Direct alternate-exchange=lumi.v1.unrouted",
    ]
    .map(str::to_owned)
    .to_vec();
    pinned.extend((0..32).flat_map(work));
    pinned.extend(rung("lumi.v1.delay.5s", 5_000));
    pinned.extend(rung("lumi.v1.delay.60s", 60_000));
    assert_eq!(lines, pinned);
}

#[test]
fn every_queue_and_exchange_is_listed() {
    let topology = Topology::v1();
    assert_eq!(topology.queues().len(), 36);
    assert_eq!(
        topology.exchanges(),
        ["dlx", "unrouted", "work", "delay.5s", "delay.60s"].map(|name| format!("lumi.v1.{name}"))
    );
}
