use crate::lexicon::{self, Sense};
use crate::text::UnitKind;

/// A hint that a message asks something: a question mark of any script, or a question word of the
/// 13 languages at the beginning (in Chinese, Japanese, Turkish and Polish also later). Tells a
/// question in the middle of a dialogue from a date that could not be read.
pub fn looks_like_question(text: &str) -> bool {
    let analysis = lexicon::analyse(text);
    if analysis
        .units
        .iter()
        .any(|u| matches!(u.text.as_str(), "?" | "¿" | ";" | "⸮" | "፧" | "՞") && u.text != ";")
    {
        return true;
    }
    let asks = |i: usize| {
        analysis
            .found
            .get(i)
            .into_iter()
            .flatten()
            .flat_map(|f| f.meanings)
            .any(|(_, s)| *s == Sense::Question)
    };
    let words: Vec<usize> = (0_usize..)
        .zip(&analysis.units)
        .filter(|(_, u)| matches!(u.kind, UnitKind::Word | UnitKind::Glyph))
        .map(|(i, _)| i)
        .collect();
    let long = |i: usize| {
        analysis
            .units
            .get(i)
            .is_some_and(|u| u.kind == UnitKind::Glyph || u.text.chars().count() > 3)
    };
    match words.as_slice() {
        [] => false,
        [only] => asks(*only) && long(*only),
        // A short word in second place is often another language's: "je ne sais pas".
        [first, second, ..] => asks(*first) || (asks(*second) && long(*second)),
    }
}
