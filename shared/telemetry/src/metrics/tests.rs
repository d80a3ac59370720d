use std::time::Duration;

use super::*;

#[test]
fn every_metric_is_registered_and_documented() {
    let metrics = Metrics::new();
    metrics.webhook("whatsapp", "accepted");
    metrics.confirmed(Duration::from_millis(2));
    metrics.inbox(Inbox::Stored, 3);
    metrics.inbox(Inbox::Duplicate, 0);
    metrics.decided("answer", "done");
    metrics.send("standard", "sent", Duration::from_millis(20));
    metrics.answered(Duration::from_millis(30));
    metrics.oldest_pending(Duration::from_millis(1500));
    metrics.in_flight(7);
    metrics.lease_lost();
    metrics.cache("all", CacheRead::Hit);
    metrics.breaker("redis", Breaker::Open);
    metrics.inbox_rows(Rows { pending: 1, done: 2, dead: 3, discarded: 4 });
    let page = metrics.clone().text();
    let readme = include_str!("../../README.md");
    for metric in Metric::ALL {
        assert!(readme.contains(&format!("| `{}` |", metric.name())), "{metric:?} in the README");
        assert!(page.contains(metric.name()), "{metric:?} in\n{page}");
    }
    for line in [
        "lumi_webhooks_total{kind=\"whatsapp\",outcome=\"accepted\"} 1",
        "lumi_inbox_total{outcome=\"stored\"} 3",
        "lumi_oldest_pending_seconds 1.5",
        "lumi_conversations_in_flight 7",
        "lumi_leases_lost_total 1",
        "lumi_breaker_state{name=\"redis\"} 2",
        "lumi_inbox_rows{state=\"discarded\"} 4",
        "lumi_confirm_seconds_count 1",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} in\n{page}");
    }
    assert!(page.ends_with("# EOF\n"));
}
