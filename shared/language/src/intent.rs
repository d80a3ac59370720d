use crate::Intent;
use crate::lexicon::{Analysis, Sense};
use crate::tables::{self, TABLES};
use crate::text::UnitKind;
use lumi_domain::Lang;

/// Signs that say yes, without variation selector and skin tone.
const YES: &str = "✅✔☑👍👌🆗💯🙆";
/// Signs that say no.
const NO: &str = "❌✖👎🛑🚫✋❎⛔🙅✕✗✘";
/// Signs that may stand beside either.
const DECORATION: &str = "🙂😀😊👋🙏🎉🏖🏝☀❤!.,;:…\"«»“”„()*_~-";

/// What a message wants: the whole message must say it, not a word in it. The languages of the
/// conversation come first, then English, then any other whose words make up the whole.
pub(crate) fn of(analysis: &Analysis, preferred: &[u16]) -> Option<Intent> {
    if analysis.units.is_empty() || analysis.units.iter().any(|u| u.text == "?" || u.text == "¿") {
        return None;
    }
    if analysis.units.iter().all(|u| u.kind == UnitKind::Sign) {
        return by_signs(analysis);
    }
    let english = tables::index_of(Lang::two(*b"en"));
    let mut order: Vec<u16> = preferred.to_vec();
    order.extend(english);
    order.extend((0_u16..).zip(TABLES).map(|(i, _)| i));
    order.into_iter().find_map(|language| in_language(analysis, language))
}

/// Only signs: the first that means something.
fn by_signs(analysis: &Analysis) -> Option<Intent> {
    let mut intent = None;
    for unit in &analysis.units {
        let c = unit.text.chars().next()?;
        let skin_tone = ('\u{1F3FB}'..='\u{1F3FF}').contains(&c);
        let said = if YES.contains(c) {
            Some(Intent::Confirm)
        } else if NO.contains(c) {
            Some(Intent::Cancel)
        } else if skin_tone || DECORATION.contains(c) {
            continue;
        } else {
            return None;
        };
        if intent.is_some() && intent != said {
            return None;
        }
        intent = said;
    }
    intent
}

/// How much of a message each wish explains.
#[derive(Debug, Default)]
struct Tally {
    trigger: bool,
    yes: bool,
    no: bool,
    /// A word that belongs to the wish only as filler; dates count here too.
    filler: bool,
    date: bool,
}

fn in_language(analysis: &Analysis, language: u16) -> Option<Intent> {
    let tally = tally(analysis, language)?;
    match (tally.trigger, tally.yes, tally.no) {
        (true, _, false) => Some(Intent::Vacation),
        (false, _, true) if !tally.date => Some(Intent::Cancel),
        (false, true, false) if !tally.date => Some(Intent::Confirm),
        _ => None,
    }
}

/// Reads the message with one language's words; `None` when one is left over.
fn tally(analysis: &Analysis, language: u16) -> Option<Tally> {
    let mut tally = Tally::default();
    let mut i = 0;
    while let Some(unit) = analysis.units.get(i) {
        let found = analysis.found.get(i).map_or(&[][..], Vec::as_slice);
        let phrase = found.iter().find_map(|f| {
            let senses: Vec<Sense> = f
                .meanings
                .iter()
                .filter(|(l, s)| *l == language && counts(*s))
                .map(|(_, s)| *s)
                .collect();
            (!senses.is_empty()).then_some((f.len, senses))
        });
        let Some((len, senses)) = phrase else {
            let c = unit.text.chars().next().unwrap_or(' ');
            match unit.kind {
                UnitKind::Number(..) => tally.date = true,
                UnitKind::Sign if YES.contains(c) => tally.yes = true,
                UnitKind::Sign if NO.contains(c) => tally.no = true,
                UnitKind::Sign => {}
                UnitKind::Word | UnitKind::Glyph => return None,
            }
            i += 1;
            continue;
        };
        note(&mut tally, &senses);
        i += len;
    }
    Some(tally)
}

fn counts(sense: Sense) -> bool {
    !matches!(sense, Sense::Question | Sense::Common | Sense::Decoy)
}

/// A word that can say yes or no says it, unless it can also be mere politeness or filler and
/// something else carries the message.
fn note(tally: &mut Tally, senses: &[Sense]) {
    let has = |sense| senses.contains(&sense);
    if has(Sense::Trigger) {
        tally.trigger = true;
    } else if has(Sense::No) {
        tally.no = true;
    } else if has(Sense::Yes) {
        tally.yes = true;
    } else if has(Sense::Filler) || has(Sense::Polite) {
        tally.filler = true;
    } else {
        tally.date = true;
    }
}
