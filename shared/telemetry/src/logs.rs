//! Logs on stderr: one JSON object per line, or plain lines for a person.

use lumi_config::{ConfigError, Env, var};
use tracing_subscriber::EnvFilter;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line: for the fleet.
    Json,
    /// For a person at a terminal.
    Plain,
}

/// Starts logging for the process. A second start changes nothing, so that tests may start several programs.
///
/// # Errors
/// A `LOG_LEVEL` that cannot be read.
pub fn start(env: &Env, format: Format) -> Result<(), ConfigError> {
    let text = env.required(&var::LOG_LEVEL)?;
    let filter = filter(&text).ok_or_else(|| env.invalid(&var::LOG_LEVEL, &text))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        Format::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
        Format::Plain => builder.with_target(false).try_init(),
    };
    if started.is_err() {
        tracing::debug!("Logging was started before");
    }
    Ok(())
}

/// Libraries that tell at length what our own lines say once: lapin and fred log every attempt of a connection
/// that is being made again, sqlx passes on the notice of each ROLLBACK that finds nothing to roll back.
/// A module of theirs that `LOG_LEVEL` names is heard all the same.
const MUTED: &str = "lapin=off,fred=off,sqlx::postgres::notice=off";

/// The filter of a `LOG_LEVEL`: a level, and levels by module. Level names of Python are understood too,
/// since the system this one replaces used them.
fn filter(text: &str) -> Option<EnvFilter> {
    let directives: Option<Vec<String>> = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| match item.split_once('=') {
            None => level(item).map(str::to_owned),
            Some((module, name)) => level(name).map(|level| format!("{module}={level}")),
        })
        .collect();
    EnvFilter::try_new(format!("{MUTED},{}", directives?.join(","))).ok()
}

fn level(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "off" => Some("off"),
        "error" | "critical" | "fatal" => Some("error"),
        "warn" | "warning" => Some("warn"),
        "info" => Some("info"),
        "debug" => Some("debug"),
        "trace" => Some("trace"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_and_words_that_are_none_refused() {
        for good in ["info", "WARNING", "info,lumi_worker=debug", "off", "error, sqlx=CRITICAL"] {
            assert!(filter(good).is_some(), "{good}");
        }
        for bad in ["loud", "info,lumi_worker=loud", "a=b=c", "lumi_worker"] {
            assert!(filter(bad).is_none(), "{bad}");
        }
        let heard = |level| filter(level).map(|filter| filter.to_string()).unwrap_or_default();
        assert!(heard("debug").contains("lapin=off") && heard("debug").contains("debug"));
        assert!(!heard("info,lapin=debug").contains("lapin=off"), "{}", heard("info,lapin=debug"));
        let error = start(&Env::from_map([("LOG_LEVEL", "loud")]), Format::Json);
        assert!(error.is_err_and(|error| error.to_string().starts_with("LOG_LEVEL=\"loud\"")));
    }
}
