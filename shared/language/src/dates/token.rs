use crate::lexicon::{Analysis, Period, Sense};
use crate::text::UnitKind;

/// One piece of the text as one language reads it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// White space stood before it.
    pub(crate) space: bool,
    /// It is an ending of the token before it.
    pub(crate) glued: bool,
    /// How many units of the text it covers.
    pub(crate) units: usize,
    /// How many characters it has.
    pub(crate) chars: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Digits: value and how many were written.
    Number(u32, u8),
    Word(Vec<Sense>),
    Sign(char),
    /// A word that means nothing here.
    Other,
}

impl Token {
    /// The first meaning that `pick` accepts.
    pub(crate) fn sense<T>(&self, pick: impl Fn(Sense) -> Option<T>) -> Option<T> {
        match &self.kind {
            Kind::Word(senses) => senses.iter().copied().find_map(pick),
            Kind::Number(..) | Kind::Sign(_) | Kind::Other => None,
        }
    }

    pub(crate) fn is(&self, sense: Sense) -> bool {
        matches!(&self.kind, Kind::Word(senses) if senses.contains(&sense))
    }

    pub(crate) fn is_sign(&self, signs: &[char]) -> bool {
        matches!(self.kind, Kind::Sign(c) if signs.contains(&c))
    }

    /// The ending of an ordinal number: glued to it, or a word that is nothing else.
    pub(crate) fn is_ending(&self) -> bool {
        matches!(&self.kind, Kind::Word(senses) if senses.contains(&Sense::Ordinal)
            && (self.glued || senses.len() == 1))
    }

    pub(crate) fn is_period(&self, period: Period) -> bool {
        self.is(Sense::Period(period))
    }
}

/// The text in one language: longest phrases first, everything else unknown.
/// In a language that nobody is known to speak here, words of one or two letters mean nothing.
pub(crate) fn tokens(analysis: &Analysis, language: u16, spoken: bool) -> Vec<Token> {
    read(analysis, |word, meanings| {
        if !spoken && word.kind == UnitKind::Word && word.text.chars().count() <= 2 {
            return Vec::new();
        }
        meanings.iter().filter(|(l, s)| *l == language && s.is_date()).map(|(_, s)| *s).collect()
    })
}

/// The text as numbers and signs only.
pub(crate) fn numbers(analysis: &Analysis) -> Vec<Token> {
    read(analysis, |_, _| Vec::new())
}

fn read(
    analysis: &Analysis,
    senses_of: impl Fn(&crate::text::Unit, &'static [crate::lexicon::Meaning]) -> Vec<Sense>,
) -> Vec<Token> {
    let mut out = Vec::with_capacity(analysis.units.len());
    let mut i = 0;
    while let Some(unit) = analysis.units.get(i) {
        let found = analysis.found.get(i).map_or(&[][..], Vec::as_slice);
        let word = found.iter().find_map(|f| {
            let senses = senses_of(unit, f.meanings);
            (!senses.is_empty()).then_some((f.len, senses))
        });
        let (units, kind) = match (word, unit.kind) {
            (Some((len, senses)), _) => (len, Kind::Word(senses)),
            (None, UnitKind::Number(value, digits)) => (1, Kind::Number(value, digits)),
            (None, UnitKind::Sign) => (1, Kind::Sign(unit.text.chars().next().unwrap_or(' '))),
            (None, UnitKind::Glyph) => match chinese_number(analysis, i) {
                Some((len, value, digits)) => (len, Kind::Number(value, digits)),
                None => (1, Kind::Other),
            },
            (None, UnitKind::Word) => (1, Kind::Other),
        };
        let chars = analysis.units.iter().skip(i).take(units).map(|u| u.text.chars().count()).sum();
        out.push(Token { kind, space: unit.space, glued: unit.glued, units, chars });
        i += units;
    }
    out
}

/// A number in Chinese characters: 二十四, 二〇二四, 廿四. Units used, value, digits as written.
fn chinese_number(analysis: &Analysis, start: usize) -> Option<(usize, u32, u8)> {
    let digit = |c: char| {
        "〇一二三四五六七八九".chars().position(|d| d == c).or(match c {
            '零' | '○' => Some(0),
            '元' => Some(1),
            '两' | '兩' => Some(2),
            _ => None,
        })
    };
    let (mut total, mut last, mut plain, mut len, mut tens) =
        (0_u32, None, String::new(), 0, false);
    for unit in analysis.units.iter().skip(start).take(6) {
        let c = unit.text.chars().next()?;
        if let Some(d) = digit(c) {
            // 元 is a number only in a year of an era; alone it begins a word.
            if c == '元' {
                break;
            }
            plain.push_str(&d.to_string());
            last = u32::try_from(d).ok();
        } else if matches!(c, '十' | '廿' | '卅') {
            let factor = match c {
                '十' => last.unwrap_or(1),
                '廿' => 2,
                _ => 3,
            };
            total = factor * 10;
            last = None;
            tens = true;
        } else {
            break;
        }
        len += 1;
    }
    if len == 0 {
        return None;
    }
    if tens {
        return Some((len, total + last.unwrap_or(0), 2));
    }
    Some((len, plain.parse().ok()?, u8::try_from(plain.len()).ok()?))
}
