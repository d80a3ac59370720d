use std::time::Duration;

use fred::prelude::*;
use fred::types::{ClusterHash, CustomCommand};
use lumi_cache::{Cache, Class, Entry, Wanted};

use crate::servers::Wire;
use crate::world::{cache, healthy, redis_url};

const ANY: Wanted<'static> = Wanted { tenant: None, version: None };

fn entry(version: i64) -> Entry<Vec<String>> {
    Entry { tenant: "demo".into(), version, value: vec!["ключ".into(), "✅".into()] }
}

async fn get(cache: &Cache, id: &str, wanted: Wanted<'_>) -> Option<Entry<Vec<String>>> {
    cache.get(Class::Settings, id, wanted).await
}

async fn raw() -> Client {
    let client = Builder::from_config(Config::from_url(&redis_url()).expect("a URL"))
        .build()
        .expect("a client");
    client.init().await.expect("a Redis");
    client
}

#[tokio::test]
async fn keeps_what_is_set_until_it_is_forgotten_or_too_old() {
    let (cache, metrics, _) =
        cache(&redis_url(), &[("CACHE_TTL_FAQS_SEC", "0.3"), ("REDIS_METRICS", "true")]);
    healthy(&cache, true).await;
    assert_eq!(get(&cache, "wa", ANY).await, None);
    cache.set(Class::Settings, "wa", &entry(1)).await;
    assert_eq!(get(&cache, "wa", ANY).await, Some(entry(1)));
    cache.forget(Class::Settings, "wa").await;
    assert_eq!(get(&cache, "wa", ANY).await, None);

    cache.set(Class::Faqs, "demo", &entry(2)).await;
    assert_eq!(cache.get(Class::Faqs, "demo", ANY).await, Some(entry(2)));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(cache.get::<Vec<String>>(Class::Faqs, "demo", ANY).await, None);

    let page = metrics.text();
    for line in [
        r#"lumi_cache_total{class="settings",outcome="hit"} 1"#,
        r#"lumi_cache_total{class="settings",outcome="miss"} 2"#,
        r#"lumi_cache_total{class="faqs",outcome="hit"} 1"#,
    ] {
        assert!(page.lines().any(|l| l == line), "{line} in\n{page}");
    }
    cache.close().await;
}

#[tokio::test]
async fn an_entry_that_does_not_fit_is_a_miss_and_is_deleted() {
    let (cache, metrics, prefix) = cache(&redis_url(), &[]);
    healthy(&cache, true).await;
    let redis = raw().await;
    let key = format!("{prefix}:settings:wa");
    let other = format!("{prefix}:settings:other");
    cache.set(Class::Settings, "other", &entry(1)).await;
    let foreign: Vec<u8> = redis.get(&other).await.expect("set above");

    let values: Vec<(&str, Vec<u8>)> = vec![
        ("garbage", b"\xff\x00\xc3\x28".to_vec()),
        ("empty", Vec::new()),
        ("another format", br#"{"format":0,"value":[]}"#.to_vec()),
        ("cut", foreign[..foreign.len() - 3].to_vec()),
        ("another key's entry", foreign),
    ];
    for (what, bytes) in values {
        let () = redis.set(&key, bytes.as_slice(), None, None, false).await.expect(what);
        assert_eq!(get(&cache, "wa", ANY).await, None, "{what}");
        assert!(!redis.exists::<bool, _>(&key).await.expect(what), "{what} is deleted");
    }
    let push = CustomCommand::new_static("LPUSH", ClusterHash::FirstKey, false);
    let () = redis.custom(push, vec![key.as_str(), "a list"]).await.expect("another type");
    assert_eq!(get(&cache, "wa", ANY).await, None);
    assert!(!redis.exists::<bool, _>(&key).await.expect("asked"), "the list is deleted");

    for wanted in
        [Wanted { tenant: Some("other"), version: None }, Wanted { tenant: None, version: Some(9) }]
    {
        cache.set(Class::Settings, "wa", &entry(1)).await;
        assert!(get(&cache, "wa", ANY).await.is_some());
        assert_eq!(get(&cache, "wa", wanted).await, None);
        assert_eq!(get(&cache, "wa", ANY).await, None, "deleted");
    }
    let page = metrics.text();
    assert!(!page.contains(r#"outcome="error""#), "none of this is the server's fault:\n{page}");
    cache.close().await;
}

#[tokio::test]
async fn a_redis_that_goes_away_costs_little_and_is_used_again_when_it_is_back() {
    let server = redis_url();
    let server = server.trim_start_matches("redis://").split('/').next().expect("host and port");
    let wire = Wire::to(server.to_owned()).await;
    let (cache, metrics, _) = cache(&format!("redis://{}", wire.address), &[]);
    healthy(&cache, true).await;
    cache.set(Class::Settings, "wa", &entry(1)).await;
    assert!(get(&cache, "wa", ANY).await.is_some());

    wire.cut();
    let begun = std::time::Instant::now();
    for _ in 0..200 {
        assert_eq!(get(&cache, "wa", ANY).await, None);
    }
    assert!(begun.elapsed() < Duration::from_millis(600), "three failures, then nothing is asked");
    assert!(metrics.text().contains(r#"lumi_breaker_state{name="redis"} 2"#));
    assert_eq!(cache.health().await, (Some(false), None));

    wire.mend();
    let mut back = false;
    for _ in 0..120 {
        back = back || get(&cache, "wa", ANY).await.is_some();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(back, "no one asked for the health: the ping of the open breaker closed it");
    cache.close().await;
}
