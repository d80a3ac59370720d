use lumi_cache::{Cache, CacheConfig};
use lumi_config::{Env, Names as _, ProcessNames};
use lumi_telemetry::Metrics;

pub(crate) fn redis_url() -> String {
    ProcessNames.get("LUMI_TEST_REDIS_URL").expect(
        "LUMI_TEST_REDIS_URL is not set: run the tests with scripts/test, which starts a Redis",
    )
}

/// A cache whose keys no other test has.
pub(crate) fn cache(url: &str, more: &[(&str, &str)]) -> (Cache, Metrics, String) {
    let prefix = format!("test-{}", uuid::Uuid::new_v4());
    let mut pairs = vec![("REDIS_URL", url), ("REDIS_PREFIX", &prefix)];
    pairs.extend_from_slice(more);
    let config = CacheConfig::from_env(&Env::from_map(pairs)).expect("a good configuration");
    let metrics = Metrics::new();
    (Cache::of(config, metrics.clone()), metrics, prefix)
}

/// Waits until the cache answers its pings, or no longer does.
pub(crate) async fn healthy(cache: &Cache, wanted: bool) {
    for _ in 0..200 {
        if cache.health().await.0 == Some(wanted) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("Redis did not become healthy={wanted} in 10 s");
}
