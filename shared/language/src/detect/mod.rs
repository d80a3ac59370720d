//! Which language a text is in: the script where it names one language, else n-grams, frequent
//! words and what the conversation spoke before.

mod model;
mod script;

use lumi_domain::Lang;

use crate::lexicon::{self, Analysis, Sense};
use crate::tables::TABLES;
use crate::text::UnitKind;

const ZH: Lang = Lang::two(*b"zh");
const JA: Lang = Lang::two(*b"ja");

/// How much a frequent word speaks for its language, in natural logarithms.
const COMMON: f32 = 3.0;
/// The same for a word that a dialogue knows: "oui", "annuler".
const KNOWN: f32 = 5.0;
/// A wish to enter a vacation names its language.
const TRIGGER: f32 = 30.0;
/// A name of a month or a day; many are alike in several languages.
const DATED: f32 = 4.0;
/// The known word is all that was written.
const WHOLE: f32 = 10.0;
/// What a text must say against the conversation's language before it counts as a switch: of one
/// word, of two, of more. Short texts are names and loan words more often than a switch.
const PRIOR: [f32; 3] = [29.0, 20.0, 13.0];
/// The orders of n-grams overlap, so their sum claims more than it knows.
const TEMPER: f32 = 4.0;

/// Detects the language of a text; `prior` is what the conversation speaks so far. Mute texts
/// (numbers, emoji, "ok") keep the prior. The figure is 0 to 1.
pub fn detect(text: &str, prior: Option<Lang>) -> (Option<Lang>, f32) {
    language(text, &lexicon::analyse(text), prior)
}

/// Builds the model's index now.
pub(crate) fn load() {
    model::load();
}

pub(crate) fn language(
    text: &str,
    analysis: &Analysis,
    prior: Option<Lang>,
) -> (Option<Lang>, f32) {
    if is_mute(analysis) {
        return (prior, if prior.is_some() { 1.0 } else { 0.0 });
    }
    let scripts = script::scripts(text);
    if scripts.kana > 0 && scripts.kana + scripts.han >= scripts.shared {
        return (Some(JA), 1.0);
    }
    if scripts.han > 0 && scripts.han * 2 >= scripts.shared {
        return han_only(text, analysis, prior);
    }
    if let Some((count, lang)) = scripts.own
        && count >= scripts.shared
    {
        return (Some(lang), 1.0);
    }
    if scripts.shared == 0 {
        return (prior, if prior.is_some() { 0.5 } else { 0.0 });
    }
    by_evidence(text, analysis, prior)
}

/// Han characters without kana: Chinese, unless the conversation is Japanese or a word is.
fn han_only(text: &str, analysis: &Analysis, prior: Option<Lang>) -> (Option<Lang>, f32) {
    if prior == Some(JA) || prior == Some(ZH) {
        return (prior, 0.9);
    }
    let says = |lang| {
        let words = analysis.found.iter().flatten();
        words.flat_map(|f| f.meanings).any(|(index, sense)| {
            TABLES.get(usize::from(*index)).is_some_and(|t| t.lang == lang)
                && matches!(
                    sense,
                    Sense::Trigger | Sense::Day(_) | Sense::Weekday(_) | Sense::Yes | Sense::No
                )
        })
    };
    if script::has_japanese_form(text) || (says(JA) && !says(ZH)) {
        (Some(JA), 0.8)
    } else {
        (Some(ZH), 0.9)
    }
}

/// N-grams, words and the prior, weighed.
fn by_evidence(text: &str, analysis: &Analysis, prior: Option<Lang>) -> (Option<Lang>, f32) {
    let mut scores: Vec<(Lang, f32)> =
        model::languages().iter().copied().zip(model::scores(text)).collect();
    for (lang, bonus) in word_evidence(analysis) {
        add(&mut scores, lang, bonus);
    }
    if let Some(lang) = prior {
        let words = analysis.units.iter().filter(|u| u.kind == UnitKind::Word).count();
        add(&mut scores, lang, prior_weight(words));
    }
    let best = scores.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((lang, top)) = best.filter(|(_, score)| *score > 0.0) else {
        return (prior, if prior.is_some() { 0.5 } else { 0.0 });
    };
    let mass: f32 = scores.iter().map(|(_, s)| ((s - top) / TEMPER).exp()).sum();
    (Some(lang), (1.0 / mass).clamp(0.0, 1.0))
}

const fn prior_weight(words: usize) -> f32 {
    let [one, two, more] = PRIOR;
    match words {
        0 | 1 => one,
        2 => two,
        _ => more,
    }
}

fn add(scores: &mut Vec<(Lang, f32)>, lang: Lang, bonus: f32) {
    match scores.iter_mut().find(|(l, _)| *l == lang) {
        Some((_, score)) => *score += bonus,
        None => scores.push((lang, bonus)),
    }
}

/// What known words add to each language of the tables: the longest phrase counts.
fn word_evidence(analysis: &Analysis) -> Vec<(Lang, f32)> {
    let whole = analysis.units.iter().filter(|u| u.kind == UnitKind::Word).count();
    let mut sums = [0.0_f32; TABLES.len()];
    for found in &analysis.found {
        let mut seen = [false; TABLES.len()];
        for phrase in found {
            let mut best = [0.0_f32; TABLES.len()];
            for (index, sense) in phrase.meanings {
                let index = usize::from(*index);
                let Some(slot) = best.get_mut(index) else { continue };
                *slot = slot.max(weight(*sense, phrase.len >= whole));
            }
            for ((sum, best), seen) in sums.iter_mut().zip(best).zip(&mut seen) {
                if best > 0.0 && !*seen {
                    *sum += best;
                    *seen = true;
                }
            }
        }
    }
    TABLES.iter().map(|t| t.lang).zip(sums).filter(|(_, s)| *s > 0.0).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other senses tell no language")]
/// `whole`: the word is all that was written.
const fn weight(sense: Sense, whole: bool) -> f32 {
    match sense {
        Sense::Trigger if whole => TRIGGER,
        Sense::Trigger | Sense::Yes | Sense::No if !whole => KNOWN,
        Sense::Common | Sense::Question if !whole => COMMON,
        Sense::Month(_) | Sense::Weekday(_) | Sense::Day(_) if !whole => DATED,
        Sense::Period(_) | Sense::Polite | Sense::Filler | Sense::Number(_) if !whole => 1.5,
        Sense::Yes | Sense::No | Sense::Common | Sense::Question | Sense::Polite => WHOLE,
        Sense::Month(_) | Sense::Weekday(_) | Sense::Day(_) | Sense::Period(_) => WHOLE,
        Sense::Filler => WHOLE,
        _ => 0.0,
    }
}

/// Nothing in it names a language: digits, signs, emoji, "ok".
fn is_mute(analysis: &Analysis) -> bool {
    analysis.units.iter().all(|u| match u.kind {
        UnitKind::Number(..) | UnitKind::Sign => true,
        UnitKind::Word => matches!(u.text.as_str(), "ok" | "okay" | "okey" | "k" | "t" | "z" | "x"),
        UnitKind::Glyph => matches!(u.text.as_str(), "年" | "月" | "日"),
    })
}
