use std::time::{Duration, Instant};

use lumi_cache::{Cache, Class, Entry, Wanted};

use crate::servers::{Manner, misbehaving};
use crate::world::cache;

/// Nothing is found, nothing fails, nothing takes long: 100 reads and writes within a second.
async fn does_no_harm(cache: &Cache, what: &str) {
    let begun = Instant::now();
    for version in 0..50 {
        let entry = Entry { tenant: "demo".into(), version, value: 1 };
        cache.set(Class::Settings, "wa", &entry).await;
        let found = cache.get::<i32>(Class::Settings, "wa", Wanted::default()).await;
        assert_eq!(found, None, "{what}");
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{what}: {:?}", begun.elapsed());
}

#[tokio::test]
async fn servers_that_are_absent_hung_or_refusing_are_gone_without() {
    let hung = misbehaving(Manner::Hung).await;
    let loading = misbehaving(Manner::Says("-LOADING Redis is loading the dataset\r\n")).await;
    let read_only = misbehaving(Manner::Says("-READONLY You can't write\r\n")).await;
    let refusing = misbehaving(Manner::Says("-NOAUTH Authentication required.\r\n")).await;
    let garbage = misbehaving(Manner::Says("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let table = [
        ("nobody there", "redis://127.0.0.1:1".to_owned()),
        ("no such host", "redis://redis.invalid:6379".to_owned()),
        ("hung", format!("redis://{hung}")),
        ("hung before TLS", format!("rediss://{hung}?ssl_cert_reqs=none")),
        ("loading", format!("redis://{loading}")),
        ("read only", format!("redis://{read_only}")),
        ("a password is wanted", format!("redis://{refusing}")),
        ("a password is wrong", format!("redis://:wrong@{refusing}")),
        ("no Redis", format!("redis://{garbage}")),
    ];
    for (what, url) in table {
        let begun = Instant::now();
        let (cache, _, _) = cache(&url, &[]);
        assert!(begun.elapsed() < Duration::from_millis(100), "{what}: connecting blocks nobody");
        does_no_harm(&cache, what).await;
        let begun = Instant::now();
        assert_eq!(cache.health().await, (Some(false), None), "{what}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{what}: health in time");
        does_no_harm(&cache, what).await;
        cache.close().await;
    }
}

#[tokio::test]
async fn off_has_nothing_and_is_well() {
    let cache = Cache::off();
    does_no_harm(&cache, "off").await;
    assert_eq!(cache.health().await, (None, None));
}
