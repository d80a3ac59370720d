//! Long answers in several messages, cut where a reader would pause.

use lumi_domain::ChannelKind;
use unicode_segmentation::UnicodeSegmentation;

use crate::limits::{Unit, limits};

/// The text in parts that the platform takes, in order; a text that fits is one part. Cuts are at
/// a paragraph, else a line, a sentence, a word, a grapheme; white space at a cut is dropped and
/// nothing else is.
pub fn split(kind: ChannelKind, text: &str) -> Vec<String> {
    let limits = limits(kind);
    split_at(text, limits.max_text, limits.unit)
}

fn split_at(text: &str, max: usize, unit: Unit) -> Vec<String> {
    // No unit counts more than UTF-8 bytes do.
    if text.len() <= max || unit.measure(text) <= max {
        return vec![text.to_owned()];
    }
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some(window) = longest_prefix(rest, max, unit) else {
            parts.push(rest.to_owned());
            break;
        };
        let (part, after) = rest.split_at(best_cut(window, rest));
        parts.push(part.trim_end().to_owned());
        rest = after.trim_start();
    }
    parts
}

/// The longest run of whole graphemes within the limit; `None` when everything fits. A single
/// grapheme longer than the limit (a letter under hundreds of accents) is cut between characters.
fn longest_prefix(text: &str, max: usize, unit: Unit) -> Option<&str> {
    let fitting = |pieces: &mut dyn Iterator<Item = &str>| {
        let (mut length, mut end) = (0, 0);
        for piece in pieces {
            length += unit.measure(piece);
            if length > max {
                return Some(end);
            }
            end += piece.len();
        }
        None
    };
    let end = fitting(&mut text.graphemes(true))?;
    let end = if end > 0 {
        end
    } else {
        let chars = text.char_indices().map(|(at, c)| text.get(at..at + c.len_utf8()));
        // A limit below one character cannot be kept; progress goes first.
        fitting(&mut chars.flatten())?.max(text.chars().next().map_or(0, char::len_utf8))
    };
    text.get(..end)
}

/// Where to cut `window`, a prefix of `text`: at the strongest border in its second half.
fn best_cut(window: &str, text: &str) -> usize {
    let late = |at: usize| at > window.len() / 2;
    let after_last = |mark: &str| window.rfind(mark).map(|at| at + mark.len());
    let sentence = || {
        let ends = text.split_sentence_bound_indices().map(|(start, s)| start + s.len());
        ends.take_while(|&end| end <= window.len()).last()
    };
    let word = || {
        let ends = text.split_word_bound_indices().map(|(start, word)| start + word.len());
        ends.take_while(|&end| end <= window.len()).last()
    };
    after_last("\n\n")
        .filter(|&at| late(at))
        .or_else(|| after_last("\n").filter(|&at| late(at)))
        .or_else(|| sentence().filter(|&at| late(at)))
        .or_else(|| word().filter(|&at| late(at)))
        .unwrap_or(window.len())
}

#[cfg(test)]
mod tests;
