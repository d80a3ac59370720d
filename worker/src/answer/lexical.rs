use lumi_domain::Lang;
use lumi_store::Hit;

/// Below this share of the question's idf mass the best hit covers too little of what was asked.
const COVERED: f64 = 0.42;

/// A hit that is asked for almost whole may be given for a longer question.
const PHRASE_COVERED: f64 = 0.72;
const COVERED_AT_LEAST: f64 = 0.25;

/// Scores this near to the best count as equal: then the asker's language decides.
const NEAR: f64 = 0.9;

/// The hit to answer with, if one is good enough to stand by. A score alone cannot abstain: the
/// shares of idf mass that question and phrase have in common can.
pub(super) fn choose(hits: &[Hit], language: Option<Lang>) -> Option<&Hit> {
    let best = hits.first().filter(|h| good(h))?;
    let same = hits.iter().filter(|h| good(h) && h.score >= best.score * NEAR).find(|h| {
        language.is_some() && h.faq.language.as_deref().and_then(Lang::parse) == language
    });
    Some(same.unwrap_or(best))
}

fn good(hit: &Hit) -> bool {
    hit.coverage >= COVERED
        || (hit.phrase_coverage >= PHRASE_COVERED && hit.coverage >= COVERED_AT_LEAST)
}

#[cfg(test)]
mod tests {
    use lumi_store::Faq;

    use super::*;

    fn hit(id: &str, language: &str, score: f64, coverage: f64, phrase_coverage: f64) -> Hit {
        let faq = Faq {
            id: id.into(),
            question: "q".into(),
            variants: vec![],
            answer: "a".into(),
            language: Some(language.into()),
        };
        Hit { faq, score, coverage, phrase_coverage }
    }

    #[test]
    fn answers_only_what_it_can_stand_by() {
        let fr = Lang::parse("fr");
        for (hits, wanted) in [
            (vec![], None),
            (vec![hit("a", "fr", 9.0, 0.8, 0.9)], Some("a")),
            (vec![hit("a", "fr", 9.0, 0.1, 1.0)], None),
            (vec![hit("a", "fr", 9.0, 0.3, 0.9)], Some("a")),
            (vec![hit("a", "fr", 9.0, 0.3, 0.2)], None),
            (vec![hit("a", "en", 9.0, 0.8, 0.9), hit("b", "fr", 8.5, 0.8, 0.9)], Some("b")),
            (vec![hit("a", "en", 9.0, 0.8, 0.9), hit("b", "fr", 5.0, 0.8, 0.9)], Some("a")),
            (vec![hit("a", "en", 9.0, 0.8, 0.9), hit("b", "fr", 8.9, 0.1, 0.1)], Some("a")),
        ] {
            assert_eq!(choose(&hits, fr).map(|h| h.faq.id.as_str()), wanted);
        }
    }
}
