use anyhow::{Context as _, bail};
use lumi_config::var;
use lumi_domain::Lang;
use lumi_domain::texts::{self, Phrase};
use lumi_worker::answer::{self, Action, Answerer, Source};
use lumi_worker::directory::{Business, Directory};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Session, lines};
use crate::ending::Ended;
use crate::{output, since};

const EXAMPLES: &str = "\
Examples:
  lumi ask --tenant demo \"Are you open on Sunday?\"
  lumi ask --tenant demo --json --retrieve-only --top-k 3 \"parking\"
  lumi ask --tenant demo < questions.jsonl

Without a question: JSON lines {\"id\": …, \"text\": …} in, one line each out, in order.";

/// What `lumi ask` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// What to ask; without it, JSON lines are read
    question: Option<String>,
    /// Only what is found, no answer
    #[arg(long)]
    retrieve_only: bool,
    /// How much to find at most [default: RAG_TOP_K]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    top_k: Option<i64>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
struct Question {
    #[serde(default)]
    id: Value,
    text: String,
}

#[derive(Debug, Serialize)]
struct Reply {
    id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    language: Option<Lang>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    sources: Vec<Source>,
}

#[derive(Debug, Serialize)]
struct Refused {
    id: Value,
    error: String,
}

struct Asker {
    answerer: Answerer,
    business: std::sync::Arc<Business>,
    retrieve_only: bool,
    top_k: i64,
}

pub(super) async fn run(args: Args, session: &Session) -> anyhow::Result<Ended> {
    let top_k = match args.top_k {
        Some(n) => n,
        None => session.env.number(&var::RAG_TOP_K)?,
    };
    let directory = Directory::new(session.db.clone(), session.keys()?, lumi_cache::Cache::off());
    let Some(business) = directory.business(&args.tenant).await.context("read the tenant")? else {
        bail!("there is no tenant `{}`", args.tenant);
    };
    let asker = Asker {
        answerer: Answerer::new(session.db.clone()),
        business,
        retrieve_only: args.retrieve_only,
        top_k,
    };
    match args.question {
        Some(text) => {
            let reply = asker.ask(Question { id: Value::Null, text }).await?;
            if args.json {
                output::json_line(&reply)?;
            } else {
                print(&reply)?;
            }
            Ok(Ended::Well)
        }
        None => asker.lines().await,
    }
}

impl Asker {
    async fn lines(&self) -> anyhow::Result<Ended> {
        let mut ended = Ended::Well;
        for line in lines::stdin::<Question>() {
            match line? {
                Ok(question) => output::json_line(&self.ask(question).await?)?,
                Err(error) => {
                    ended = Ended::Badly;
                    output::json_line(&Refused { id: Value::Null, error })?;
                }
            }
        }
        Ok(ended)
    }

    async fn ask(&self, question: Question) -> anyhow::Result<Reply> {
        let languages = self.languages(&question.text);
        let asked = languages.first().copied();
        if self.retrieve_only {
            let hits = self.answerer.retrieve(&self.business, &question.text, self.top_k).await?;
            let sources = hits.into_iter().map(|h| Source {
                reference: h.faq.id,
                chunk: 0,
                title: h.faq.question,
                score: h.score,
            });
            return Ok(Reply {
                id: question.id,
                text: None,
                language: asked,
                action: None,
                sources: sources.collect(),
            });
        }
        let found = self.answerer.answer(&self.business, &question.text, asked, self.top_k).await?;
        let (text, language) = match (found.action, found.text) {
            (Action::Answer, Some(text)) => {
                let part = answer::introduced(&languages, text, found.language);
                (part.text, Some(part.language))
            }
            (Action::Clarify, _) => said(&languages, &Phrase::Clarify),
            (Action::Answer | Action::Handoff, _) => said(&languages, &self.unknown()),
        };
        Ok(Reply {
            id: question.id,
            text: Some(text),
            language,
            action: Some(found.action),
            sources: found.sources,
        })
    }

    /// A person is promised only where there is one to ask.
    fn unknown(&self) -> Phrase {
        let tenant = &self.business.tenant;
        if tenant.handoff && !tenant.owners.is_empty() {
            Phrase::UnknownHandoff
        } else {
            Phrase::Unknown
        }
    }

    /// In which languages to speak, best first, as for a contact's first message.
    fn languages(&self, text: &str) -> Vec<Lang> {
        let tenant = &self.business.tenant;
        let house = Lang::parse(&tenant.language);
        let understood = lumi_language::understand(
            text,
            &lumi_language::Context {
                language: None,
                now: since::now(),
                timezone: tenant.timezone,
                country: tenant.country.clone(),
                default_language: house,
            },
        );
        understood.language.into_iter().chain(house).collect()
    }
}

fn said(languages: &[Lang], phrase: &Phrase) -> (String, Option<Lang>) {
    (texts::render(languages, phrase), Some(texts::choose(languages)))
}

fn print(reply: &Reply) -> std::io::Result<()> {
    if let Some(text) = &reply.text {
        output::line(text)?;
    }
    for s in &reply.sources {
        output::note(format_args!("  {:.2}  {}  {}", s.score, s.reference, s.title));
    }
    Ok(())
}
