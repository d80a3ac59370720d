use lumi_domain::ChannelKind;
use serde_json::json;

use super::{Rates, Unit, limits, rates};
use crate::outbound::tests::channel;

#[test]
fn units() {
    let text = "a👍é";
    assert_eq!(Unit::Chars.measure(text), 3);
    assert_eq!(Unit::Utf16.measure(text), 4);
    assert_eq!(Unit::Bytes.measure(text), 7);
}

#[test]
fn a_manifest_overrides_the_published_rates() {
    let published = limits(ChannelKind::Whatsapp).rates;
    let table = [
        (json!({}), published),
        (
            json!({"rate_per_second": 0, "rate_per_chat": 0}),
            Rates { per_second: None, per_chat: None, chat_burst: 1 },
        ),
        (json!({"rate_per_second": 5}), Rates { per_second: Some(5.0), ..published }),
        (json!({"rate_per_chat": 0.5}), Rates { per_chat: Some(0.5), chat_burst: 1, ..published }),
        (json!({"rate_per_second": "5"}), published),
    ];
    for (settings, expected) in table {
        let channel = channel(ChannelKind::Whatsapp, &settings, &[]);
        assert_eq!(rates(&channel), expected, "{settings}");
    }
}
