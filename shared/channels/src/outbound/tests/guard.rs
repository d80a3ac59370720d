use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use lumi_domain::{ChannelKind, Peer, SendOutcome};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::guard::{Guard, is_public};
use super::{Fake, channel, meta, part, sender};
use crate::{SendConfig, Sender};

const SPECIAL: [&str; 34] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "::1/128",
    "::/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

#[test]
fn well_known_public_addresses() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2001:200::1",
        "2a00:1450::1",
        "::ffff:1.1.1.1",
    ];
    for address in public {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

/// An address of the net whose host bits are those of `random`.
fn inside(net: IpNet, random: u128) -> IpAddr {
    match net {
        IpNet::V4(net) => {
            #[expect(clippy::cast_possible_truncation, reason = "any 32 of the random bits do")]
            let bits = u32::from(net.network()) | (random as u32 & u32::from(net.hostmask()));
            Ipv4Addr::from(bits).into()
        }
        IpNet::V6(net) => {
            let bits = u128::from(net.network()) | (random & u128::from(net.hostmask()));
            Ipv6Addr::from(bits).into()
        }
    }
}

proptest! {
    #[test]
    fn special_ranges_are_never_public(random: u128) {
        for net in SPECIAL {
            let address = inside(net.parse().unwrap(), random);
            let mapped = matches!(address.to_canonical(), IpAddr::V4(_)) && address.is_ipv6();
            prop_assert!(mapped || !is_public(address), "{} in {}", address, net);
        }
    }

    #[test]
    fn only_global_unicast_is_public_in_v6(bits: u128) {
        let address = Ipv6Addr::from(bits);
        let mapped = address.to_ipv4_mapped().is_some();
        prop_assert!(!is_public(address.into()) || mapped || bits >> 125 == 1);
    }

    #[test]
    fn a_mapped_address_is_judged_as_what_it_carries(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        prop_assert_eq!(is_public(v4.into()), is_public(v4.to_ipv6_mapped().into()));
        let allow_all = Guard::new(&["0.0.0.0/0".parse().unwrap()]);
        prop_assert!(allow_all.permits(v4.to_ipv6_mapped().into()));
    }

    #[test]
    fn what_std_calls_private_is_not_public(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        let private = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast()
            || v4.is_documentation() || v4.is_multicast() || v4.is_unspecified();
        prop_assert!(!(private && is_public(v4.into())));
    }
}

async fn outcome(sender: &Sender, url: &str) -> SendOutcome {
    let secrets = [("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
    let channel = channel(ChannelKind::Standard, &json!({"reply_url": url}), &secrets);
    sender.send(&channel, &Peer::new("c1"), &Value::Null, &part("Hi", &[]), &meta()).await
}

#[tokio::test]
async fn a_manifest_cannot_reach_inside() {
    let fake = Fake::start([]).await;
    let closed = Sender::new(SendConfig::default());
    for host in [
        "127.0.0.1",
        "127.1.2.3",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "0x7f.1",
        "2130706433",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
    ] {
        let got = outcome(&closed, &format!("http://{host}:{}/hook", fake.port)).await;
        let SendOutcome::PermanentChannel { reason } = got else {
            panic!("{host}: {got:?}");
        };
        assert!(reason.contains("OUTBOUND_ALLOW"), "{host}: {reason}");
    }
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn an_allowed_net_is_reached_by_address_and_by_name() {
    let fake = Fake::start([]).await;
    for host in ["127.0.0.1", "localhost"] {
        let got = outcome(&sender(), &format!("http://{host}:{}/hook", fake.port)).await;
        assert_eq!(got, SendOutcome::Sent { provider_id: None }, "{host}");
    }
    assert_eq!(fake.seen().len(), 2);
}

#[tokio::test]
async fn the_operators_own_base_is_not_guarded() {
    let fake = Fake::start([]).await;
    let config = SendConfig {
        api_bases: [(ChannelKind::Whatsapp, fake.base())].into(),
        ..SendConfig::default()
    };
    let secrets = [("access_token", "t")];
    let open = channel(ChannelKind::Whatsapp, &json!({"phone_number_id": "1"}), &secrets);
    let sender = Sender::new(config);
    let send = |channel| {
        let sender = sender.clone();
        async move {
            let part = part("Hi", &[]);
            sender.send(&channel, &Peer::new("5678"), &Value::Null, &part, &meta()).await
        }
    };
    assert_eq!(send(open).await, SendOutcome::Sent { provider_id: None });
    // The manifest's base goes before it, and is guarded.
    let settings = json!({"phone_number_id": "1", "api_base": fake.base()});
    let guarded = send(channel(ChannelKind::Whatsapp, &settings, &secrets)).await;
    assert!(matches!(guarded, SendOutcome::PermanentChannel { .. }), "{guarded:?}");
    assert_eq!(fake.seen().len(), 1);
}
