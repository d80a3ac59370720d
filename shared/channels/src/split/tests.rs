use lumi_domain::ChannelKind;
use proptest::prelude::*;

use super::{split, split_at};
use crate::limits::Unit;

#[test]
fn cuts_where_a_reader_would_pause() {
    let table: [(&str, usize, &[&str]); 8] = [
        ("short", 10, &["short"]),
        ("", 10, &[""]),
        ("One two.\n\nThree four.", 18, &["One two.", "Three four."]),
        ("First line\nsecond line", 15, &["First line", "second line"]),
        ("It is open. Come in please.", 18, &["It is open.", "Come in please."]),
        ("alpha beta gamma delta", 12, &["alpha beta", "gamma delta"]),
        ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
        // A border in the first half would make a stub of the first part.
        ("A. bcdefghijklmnopq", 12, &["A. bcdefghij", "klmnopq"]),
    ];
    for (text, max, parts) in table {
        assert_eq!(split_at(text, max, Unit::Chars), parts, "{text}");
    }
}

#[test]
fn graphemes_stay_whole() {
    let family = "👨‍👩‍👧";
    let text = family.repeat(3);
    assert_eq!(split_at(&text, 8, Unit::Utf16), [family, family, family]);
    assert_eq!(split_at("e\u{301}e\u{301}", 3, Unit::Chars), ["e\u{301}", "e\u{301}"]);
    // One grapheme beyond the limit: better cut than lost.
    let tower = format!("a{}", "\u{301}".repeat(9));
    let parts = split_at(&tower, 4, Unit::Chars);
    assert_eq!(parts.concat(), tower);
    assert!(parts.iter().all(|part| part.chars().count() <= 4));
}

#[test]
fn a_long_answer_fits_every_platform() {
    let text = "Мы открыты с девяти до шести. Приходите! ".repeat(500);
    for kind in ChannelKind::ALL {
        let limits = crate::limits(kind);
        let parts = split(kind, &text);
        assert!(parts.len() > 1);
        assert!(parts.iter().all(|part| limits.unit.measure(part) <= limits.max_text), "{kind}");
        assert!(parts.iter().all(|part| part.ends_with(['.', '!'])), "{kind}: {parts:?}");
    }
}

proptest! {
    #[test]
    fn nothing_but_white_space_is_lost(text in "\\PC{0,80}|[a-c. \\n\u{301}👍🏽]{0,80}", max in 2_usize..20) {
        for unit in [Unit::Chars, Unit::Utf16] {
            let parts = split_at(&text, max, unit);
            let black = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(black(&parts.concat()), black(&text));
            prop_assert!(parts.iter().all(|part| unit.measure(part) <= max));
            prop_assert!(parts.len() == 1 || parts.iter().all(|part| !part.is_empty()));
        }
    }
}
