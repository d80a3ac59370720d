//! Accuracy and cost over labelled messages: `cargo run --release --example measure -- FILE.jsonl`.
//! Lines with `lang` and `kind` measure detection (macro average over languages; with `--prior same`
//! or `--prior en` the conversation's language is given); lines with `expected` measure dates. `--misses N` prints some.

#![allow(clippy::expect_used, reason = "a measurement run by hand stops at the first fault")]

use std::collections::BTreeMap;
use std::time::Instant;
use std::{env, fs};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use lumi_language::{Context, DateSpan, Lang, understand, warm_up};
use serde_json::Value;

#[derive(Default)]
struct Tally {
    by_language: BTreeMap<String, (f64, f64)>,
    wrong: usize,
    asked: usize,
    micros: Vec<f64>,
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let file = args.iter().find(|a| a.ends_with(".jsonl")).expect("a .jsonl file");
    let prior = args
        .iter()
        .position(|a| a == "--prior")
        .map(|i| args.get(i + 1).cloned().unwrap_or_default());
    let mut misses: usize = args
        .iter()
        .position(|a| a == "--misses")
        .and_then(|i| args.get(i + 1)?.parse().ok())
        .unwrap_or(0);
    let only = args.iter().position(|a| a == "--only").and_then(|i| args.get(i + 1));
    let start = Instant::now();
    warm_up();
    println!("warm up: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut sets: BTreeMap<String, Tally> = BTreeMap::new();
    for line in fs::read_to_string(file).expect("read the file").lines() {
        let row: Value = serde_json::from_str(line).expect("JSON lines");
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        if only.is_some_and(|o| o != text("lang")) {
            continue;
        }
        let (set, outcome, micros, said) = if row.get("expected").is_some() {
            date(&row)
        } else {
            detection(&row, prior.as_deref())
        };
        let tally = sets.entry(set).or_default();
        let counts = tally.by_language.entry(text("lang").to_owned()).or_default();
        counts.1 += 1.0;
        match outcome {
            Outcome::Right => counts.0 += 1.0,
            Outcome::Wrong => tally.wrong += 1,
            Outcome::Asked => tally.asked += 1,
        }
        tally.micros.push(micros);
        if outcome != Outcome::Right && misses > 0 {
            misses -= 1;
            println!(
                "{outcome:?} {} {:?} ref {} expected {} {} said {said}",
                text("lang"),
                text("text"),
                text("ref"),
                text("expected"),
                text("expected_end")
            );
        }
    }
    for (name, tally) in &mut sets {
        report(name, tally);
    }
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Outcome {
    Right,
    Wrong,
    /// Nothing found, or several readings.
    Asked,
}

fn context(language: Option<Lang>, now: DateTime<Utc>, country: Option<String>) -> Context {
    Context { language, now, timezone: chrono_tz::UTC, country, default_language: None }
}

fn detection(row: &Value, prior: Option<&str>) -> (String, Outcome, f64, String) {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let expected = Lang::parse(text("lang"));
    let ctx = context(
        prior.and_then(|p| if p == "same" { expected } else { Lang::parse(p) }),
        DateTime::UNIX_EPOCH,
        None,
    );
    let start = Instant::now();
    let said = understand(text("text"), &ctx);
    let micros = start.elapsed().as_secs_f64() * 1e6;
    let outcome = if said.language == expected { Outcome::Right } else { Outcome::Wrong };
    (
        format!("{} {}", text("source"), text("kind")),
        outcome,
        micros,
        format!("{:?} {:.2}", said.language, said.confidence),
    )
}

fn date(row: &Value) -> (String, Outcome, f64, String) {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let now = DateTime::parse_from_rfc3339(text("ref"))
        .map(|d| d.naive_local())
        .or_else(|_| text("ref").parse::<NaiveDateTime>())
        .expect("a reference time")
        .and_utc();
    let country = text("locale")
        .split(['-', '_'])
        .find(|p| p.len() == 2 && p.chars().all(|c| c.is_ascii_uppercase()));
    let ctx = context(Lang::parse(text("lang")), now, country.map(str::to_owned));
    let start = Instant::now();
    let said = understand(text("text"), &ctx);
    let micros = start.elapsed().as_secs_f64() * 1e6;
    let day = |key: &str| text(key).parse::<NaiveDate>().ok();
    let mut allowed = vec![(day("expected"), day("expected_end"))];
    for other in row.get("alt").and_then(Value::as_array).into_iter().flatten() {
        let part = |v: Option<&Value>| v.and_then(Value::as_str).and_then(|s| s.parse().ok());
        allowed.push(match other.as_array() {
            Some(pair) => (part(pair.first()), part(pair.get(1))),
            None => (part(Some(other)), None),
        });
    }
    let got = said.dates.map(|d: DateSpan| (Some(d.start), d.end.filter(|e| *e != d.start)));
    let outcome = match got {
        Some(got) if allowed.contains(&got) => Outcome::Right,
        Some(_) => Outcome::Wrong,
        None => Outcome::Asked,
    };
    (
        format!("{} {} {}", text("source"), text("grain"), text("kind")),
        outcome,
        micros,
        format!("{:?} {:?}", said.dates, said.candidates),
    )
}

fn report(name: &str, tally: &mut Tally) {
    let macro_average = tally.by_language.values().map(|(right, all)| right / all).sum::<f64>()
        / tally.by_language.len() as f64;
    let (right, all) =
        tally.by_language.values().fold((0.0, 0.0), |sum, x| (sum.0 + x.0, sum.1 + x.1));
    tally.micros.sort_by(f64::total_cmp);
    let at = |share: f64| {
        tally
            .micros
            .get(((tally.micros.len() - 1) as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    let mean = tally.micros.iter().sum::<f64>() / all;
    println!(
        "{name:28} n {all:5} macro {:5.1} % micro {:5.1} % wrong {:4} none/asked {:4} us: median {:6.1} mean {mean:6.1} p99 {:7.1} max {:7.1}",
        macro_average * 100.0,
        right / all * 100.0,
        tally.wrong,
        tally.asked,
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
