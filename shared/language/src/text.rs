use unicode_normalization::UnicodeNormalization;

/// Longer messages are understood by their beginning: what somebody wants stands there, and the
/// work per message stays bounded.
pub(crate) const MAX_CHARS: usize = 2000;

/// One piece of a folded text: a run of letters, a run of digits, one ideograph, one sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) text: String,
    pub(crate) kind: UnitKind,
    /// White space or an apostrophe stood before it.
    pub(crate) space: bool,
    /// Nothing but an apostrophe stood before it: the ending in `24'ünde`.
    pub(crate) glued: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitKind {
    /// Value and how many digits were written.
    Number(u32, u8),
    Word,
    /// A character of a script that writes no spaces.
    Glyph,
    Sign,
}

/// Case, width, digits and diacritics made alike: `"Ｆérias ٢٤"` becomes `"ferias 24"`.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        out.extend(text.chars().take(MAX_CHARS).map(|c| c.to_ascii_lowercase()));
        return out;
    }
    for c in text.chars().take(MAX_CHARS).nfkc() {
        for c in c.to_lowercase() {
            fold_char(c, &mut out);
        }
    }
    out
}

fn fold_char(c: char, out: &mut String) {
    match c {
        _ if c.is_ascii() => out.push(c),
        'ß' => out.push_str("ss"),
        'ı' => out.push('i'),
        'ł' => out.push('l'),
        'ø' => out.push('o'),
        'đ' | 'ð' => out.push('d'),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'ى' | 'ی' => out.push('ي'),
        'ک' => out.push('ك'),
        'ة' => out.push('ه'),
        '’' | 'ʼ' | '‘' | '´' | '′' => out.push('\''),
        '–' | '—' | '−' | '‐' | '‑' | '‒' | '―' => out.push('-'),
        '〜' | '～' | '∼' => out.push('~'),
        '。' => out.push('.'),
        '،' | '、' => out.push(','),
        '؟' | '⁇' | '՞' | '፧' => out.push('?'),
        // Tatweel, variation selectors, directional marks and joiners carry no meaning here.
        '\u{640}' | '\u{FE00}'..='\u{FE0F}' | '\u{200B}'..='\u{200F}' => {}
        '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{61C}' | '\u{FEFF}' => {}
        // Kana's voicing and Indic vowel signs are marks too, but they make another word.
        'ぁ'..='ヿ' | '\u{AC00}'..='\u{D7A3}' => out.push(c),
        _ => match decimal_digit(c) {
            Some(digit) => out.push(digit),
            None => out.extend(std::iter::once(c).nfd().filter(|&c| !is_stripped_mark(c))),
        },
    }
}

fn is_stripped_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{591}'..='\u{5C7}' | '\u{610}'..='\u{61A}'
        | '\u{64B}'..='\u{65F}' | '\u{670}')
}

/// First digits of the decimal digit systems of Unicode's basic plane (general category Nd).
const ZEROS: [u32; 36] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

fn decimal_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    if code < 0x660 {
        return None;
    }
    let value = ZEROS.iter().find_map(|&z| code.checked_sub(z).filter(|d| *d < 10))?;
    char::from_digit(value, 10)
}

/// True for scripts written without spaces.
pub(crate) fn is_glyph(c: char) -> bool {
    matches!(c, 'ぁ'..='ヿ' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '々' | '〇'
        | '\u{E01}'..='\u{E4E}' | '\u{E81}'..='\u{ECD}' | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17D3}' | '\u{20000}'..='\u{3FFFF}')
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic()
        || matches!(c, '\u{900}'..='\u{D7F}' | '\u{1200}'..='\u{135F}' | 'º' | 'ª' | 'ـ')
}

/// Cuts a folded text into units.
pub(crate) fn units(folded: &str) -> Vec<Unit> {
    let mut out: Vec<Unit> = Vec::with_capacity(16);
    let mut space = true;
    let mut glued = false;
    let mut open = false;
    for c in folded.chars() {
        if c.is_whitespace() || c == '\'' || c == '\u{0}' {
            glued = c == '\'' && !space;
            space = true;
            open = false;
            continue;
        }
        let kind = if c.is_ascii_digit() {
            UnitKind::Number(0, 0)
        } else if is_glyph(c) {
            UnitKind::Glyph
        } else if is_letter(c) {
            UnitKind::Word
        } else {
            UnitKind::Sign
        };
        match out.last_mut() {
            Some(last) if open && continues(last.kind, kind) => last.text.push(c),
            _ => out.push(Unit { text: c.to_string(), kind, space, glued: glued || !space }),
        }
        open = matches!(kind, UnitKind::Word | UnitKind::Number(..));
        space = false;
        glued = false;
    }
    for unit in &mut out {
        if let UnitKind::Number(value, digits) = &mut unit.kind {
            *value = unit.text.parse().unwrap_or(u32::MAX);
            *digits = u8::try_from(unit.text.len()).unwrap_or(u8::MAX);
        }
    }
    out
}

fn continues(last: UnitKind, next: UnitKind) -> bool {
    matches!(
        (last, next),
        (UnitKind::Word, UnitKind::Word) | (UnitKind::Number(..), UnitKind::Number(..))
    )
}

/// What a phrase is looked up by: its units, a space where a space (or apostrophe) stood.
pub(crate) fn key(units: &[Unit]) -> String {
    let mut out = String::new();
    for (i, unit) in units.iter().enumerate() {
        if unit.space && i > 0 {
            out.push(' ');
        }
        out.push_str(&unit.text);
    }
    out
}
