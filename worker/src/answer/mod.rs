//! Answering a question from what the business stored. Production, `lumi ask` and the tests take
//! this same path: [`Answerer::answer`].

mod lexical;

use lumi_domain::texts::{self, Phrase};
use lumi_domain::{Lang, Part};
use lumi_store::{Db, Faq, StoreError};
use serde::Serialize;

use crate::directory::Business;

/// Finds answers. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Answerer {
    db: Db,
}

/// What to do about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Give the answer.
    Answer,
    /// Ask what is meant.
    Clarify,
    /// Nothing is known: a person has to answer.
    Handoff,
}

/// An answer and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What to do.
    pub action: Action,
    /// The stored answer, verbatim; `None` unless `action` is [`Action::Answer`].
    pub text: Option<String>,
    /// Language of that text, where the business said or we could tell.
    pub language: Option<Lang>,
    /// What was found, best first.
    pub sources: Vec<Source>,
}

/// Something found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// The FAQ's id.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Which piece of it; a FAQ is one piece.
    pub chunk: i64,
    /// Its question.
    pub title: String,
    /// Comparable within one answer only.
    pub score: f64,
}

impl Answerer {
    /// Over this store.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Answers a question in `language`: a stored question asked in the same words wins, else the
    /// best by words, if it is good enough to stand by.
    ///
    /// # Errors
    /// The database is away.
    pub async fn answer(
        &self,
        business: &Business,
        question: &str,
        language: Option<Lang>,
        top_k: i64,
    ) -> Result<Answer, StoreError> {
        if let Some(faq) = exact(business, question, language) {
            return Ok(given(faq, vec![source(faq, f64::MAX)]));
        }
        let hits = self.retrieve(business, question, top_k).await?;
        let sources = hits.iter().map(|h| source(&h.faq, h.score)).collect();
        Ok(match lexical::choose(&hits, language) {
            Some(hit) => given(&hit.faq, sources),
            None => Answer { action: Action::Handoff, text: None, language: None, sources },
        })
    }

    /// What a question finds, best first, whether or not it is good enough to be an answer.
    ///
    /// # Errors
    /// The database is away.
    pub async fn retrieve(
        &self,
        business: &Business,
        question: &str,
        top_k: i64,
    ) -> Result<Vec<lumi_store::Hit>, StoreError> {
        let tokens = lumi_domain::retrieval::tokens(question);
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        self.db.search_faqs(business.tenant.id.as_str(), &tokens, top_k).await
    }
}

/// Among FAQs asked in the same words the one in the asker's language goes first.
fn exact<'a>(business: &'a Business, question: &str, language: Option<Lang>) -> Option<&'a Faq> {
    let spoken = |faq: &&Faq| faq_language(faq) == language;
    business.exactly(question).find(spoken).or_else(|| business.exactly(question).next())
}

fn given(faq: &Faq, sources: Vec<Source>) -> Answer {
    Answer {
        action: Action::Answer,
        text: Some(faq.answer.clone()),
        language: faq_language(faq),
        sources,
    }
}

fn faq_language(faq: &Faq) -> Option<Lang> {
    faq.language.as_deref().and_then(Lang::parse)
}

fn source(faq: &Faq, score: f64) -> Source {
    let score = if score == f64::MAX { 1.0 } else { score };
    Source { reference: faq.id.clone(), chunk: 0, title: faq.question.clone(), score }
}

/// A stored answer in another language than the question's is introduced by a line in the
/// latter, and stays as the business wrote it.
pub fn introduced(languages: &[Lang], answer: String, language: Option<Lang>) -> Part {
    let spoken = texts::choose(languages);
    let wanted = languages.first().copied().unwrap_or(spoken);
    match language {
        Some(other) if other != wanted => {
            let line = texts::render(languages, &Phrase::AnswerLanguage { language: other });
            Part { text: format!("{line}\n{answer}"), language: spoken, buttons: vec![] }
        }
        Some(_) | None => Part { text: answer, language: wanted, buttons: vec![] },
    }
}
