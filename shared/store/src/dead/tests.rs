use super::{BadLetterId, LetterId};

#[test]
fn ids_read_as_they_are_written() {
    for text in ["r12-3", "m45", "w6"] {
        assert_eq!(text.parse::<LetterId>().unwrap().to_string(), text);
    }
    for bad in ["", "r", "r12", "r-3", "r12-", "m", "m-4", "m4x", "x4", "w", "12", "r1-2-3", "m+4"]
    {
        assert_eq!(bad.parse::<LetterId>(), Err(BadLetterId(bad.to_owned())), "{bad}");
    }
}
