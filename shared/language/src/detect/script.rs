use lumi_domain::Lang;

/// Which scripts a text is written in, by letters.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Scripts {
    pub(crate) kana: usize,
    pub(crate) han: usize,
    /// Latin, Cyrillic, Arabic, Devanagari and others that several languages share.
    pub(crate) shared: usize,
    /// Letters of the script that names one language, and that language.
    pub(crate) own: Option<(usize, Lang)>,
}

/// Counts the letters of the first part of a text.
pub(crate) fn scripts(text: &str) -> Scripts {
    let mut out = Scripts::default();
    for c in text.chars().take(400) {
        match c {
            _ if c.is_ascii_alphabetic() => out.shared += 1,
            _ if c.is_ascii() => {}
            'ぁ'..='ヺ' | 'ー' | '\u{FF66}'..='\u{FF9D}' => out.kana += 1,
            '\u{3400}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '々'
            | '\u{20000}'..='\u{3FFFF}' => out.han += 1,
            _ => match of_own_script(c) {
                Some(lang) => {
                    let count = out.own.filter(|(_, l)| *l == lang).map_or(0, |(n, _)| n);
                    out.own = Some((count + 1, lang));
                }
                None if c.is_alphabetic() => out.shared += 1,
                None => {}
            },
        }
    }
    out
}

/// Languages that nearly own their script (Unicode's blocks; CLDR likely subtags).
fn of_own_script(c: char) -> Option<Lang> {
    let tag = match c {
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => b"el",
        '\u{530}'..='\u{58F}' => b"hy",
        '\u{591}'..='\u{5F4}' => b"he",
        '\u{980}'..='\u{9FF}' => b"bn",
        '\u{A00}'..='\u{A7F}' => b"pa",
        '\u{A80}'..='\u{AFF}' => b"gu",
        '\u{B00}'..='\u{B7F}' => b"or",
        '\u{B80}'..='\u{BFF}' => b"ta",
        '\u{C00}'..='\u{C7F}' => b"te",
        '\u{C80}'..='\u{CFF}' => b"kn",
        '\u{D00}'..='\u{D7F}' => b"ml",
        '\u{D80}'..='\u{DFF}' => b"si",
        '\u{E01}'..='\u{E4E}' => b"th",
        '\u{E80}'..='\u{EFF}' => b"lo",
        '\u{F00}'..='\u{FFF}' => b"bo",
        '\u{1000}'..='\u{109F}' => b"my",
        '\u{10A0}'..='\u{10FF}' | '\u{1C90}'..='\u{1CBF}' => b"ka",
        '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7A3}' => b"ko",
        '\u{1200}'..='\u{137F}' => b"am",
        '\u{1780}'..='\u{17FF}' => b"km",
        '\u{780}'..='\u{7BF}' => b"dv",
        _ => return None,
    };
    Some(Lang::two(*tag))
}

/// Characters that Japan simplified on its own, and its own coinages: Chinese does not write them.
const JAPANESE_ONLY: &str =
    "働込畑駅広図売読変応験気発様検単囲団対営暇価仮処県鉄帰浜沢渋桜栄歓覧払伝円実戦択斉辺歩毎黒徳";

/// Japanese written without kana: "休暇", "東京駅".
pub(crate) fn has_japanese_form(text: &str) -> bool {
    text.chars().any(|c| JAPANESE_ONLY.contains(c))
}
