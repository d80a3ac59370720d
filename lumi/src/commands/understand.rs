use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use lumi_domain::Lang;
use lumi_language::{Context, DateSpan, Intent};
use serde::{Deserialize, Serialize};

use super::lines;
use crate::ending::Ended;
use crate::{output, since};

/// Shown below the help.
pub(crate) const EXAMPLES: &str = "\
JSON lines in, one line each out, in order. Only \"text\" is needed:
  {\"text\": \"du 24/12 au 8 janvier\", \"language\": \"fr\", \"now\": \"2024-12-01T09:00:00Z\",
   \"timezone\": \"Europe/Paris\", \"country\": \"FR\"}
\"language\" is what the conversation speaks so far.

Example:
  echo '{\"text\":\"Vacances du 24/12/2024 au 08/01/2025\"}' | lumi understand";

#[derive(Debug, Deserialize)]
struct Input {
    text: String,
    language: Option<String>,
    now: Option<DateTime<Utc>>,
    timezone: Option<String>,
    country: Option<String>,
}

/// The promised shape, whatever the crate behind it grows.
#[derive(Debug, Serialize)]
struct Output {
    language: Option<Lang>,
    confidence: f32,
    intent: Option<Intent>,
    dates: Option<DateSpan>,
    ambiguous: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<DateSpan>,
}

#[derive(Debug, Serialize)]
struct Refused {
    error: String,
}

pub(super) fn run() -> anyhow::Result<Ended> {
    let now = since::now();
    let mut ended = Ended::Well;
    for line in lines::stdin::<Input>() {
        match line?.and_then(|input| read(input, now)) {
            Ok(found) => output::json_line(&found)?,
            Err(error) => {
                ended = Ended::Badly;
                output::json_line(&Refused { error })?;
            }
        }
    }
    Ok(ended)
}

fn read(input: Input, now: DateTime<Utc>) -> Result<Output, String> {
    let timezone: Tz = match &input.timezone {
        None => Tz::UTC,
        Some(name) => name.parse().map_err(|_| format!("`{name}` is no IANA time zone"))?,
    };
    let language = match &input.language {
        None => None,
        Some(tag) => Some(Lang::parse(tag).ok_or_else(|| format!("`{tag}` is no language tag"))?),
    };
    let context = Context {
        language,
        now: input.now.unwrap_or(now),
        timezone,
        country: input.country,
        default_language: None,
    };
    let u = lumi_language::understand(&input.text, &context);
    Ok(Output {
        language: u.language,
        confidence: u.confidence,
        intent: u.intent,
        dates: u.dates,
        ambiguous: u.ambiguous,
        candidates: u.candidates,
    })
}
