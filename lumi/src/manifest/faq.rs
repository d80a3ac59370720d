//! What a manifest may leave out of a FAQ: its id, and the language of its answer.

use lumi_domain::Lang;
use sha2::{Digest as _, Sha256};

/// Words of the question that go into an id, in characters.
const SLUG: usize = 40;

/// An id made from the question: the same question always has the same id, another one another.
/// Readable where the question is in Latin letters: `what-about-parking-1f0c2d`.
pub(super) fn id_of(question: &str) -> String {
    let question = question.trim();
    let mut slug = String::new();
    for c in lumi_domain::retrieval::normalise(question).chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            ' ' if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() >= SLUG {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    let slug = if slug.is_empty() { "faq" } else { slug };
    let digest = Sha256::digest(question.as_bytes());
    let hash: String = digest.iter().take(3).map(|b| format!("{b:02x}")).collect();
    format!("{slug}-{hash}")
}

/// The language of an answer, where the text tells.
pub(super) fn language_of(answer: &str) -> Option<Lang> {
    lumi_language::detect(answer, None).0
}

/// A given id is kept as it is, when it can be typed.
pub(super) fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
    (1..=100).contains(&id.chars().count()) && id.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_and_apart() {
        let a = id_of("What about parking?");
        assert_eq!(a, id_of(" What about parking? "));
        assert!(a.starts_with("what-about-parking-"), "{a}");
        assert_ne!(a, id_of("What about parking"));
        assert_ne!(id_of("営業時間は？"), id_of("駐車場は？"));
        assert!(id_of("営業時間は？").starts_with("faq-"));
        assert!(id_of(&"wort ".repeat(100)).len() < 50);
        for question in ["What about parking?", "営業時間は？", "À quelle heure ?", "🙂"] {
            assert!(is_id(&id_of(question)), "{question}");
        }
    }

    #[test]
    fn ids_can_be_typed() {
        for (id, good) in
            [("hours", true), ("horaires-été", true), ("a b", false), ("", false), ("a\n", false)]
        {
            assert_eq!(is_id(id), good, "{id:?}");
        }
    }
}
