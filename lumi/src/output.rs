//! What goes to the terminal: results to stdout, everything else to stderr.

use std::fmt::Display;
use std::io::{self, Write as _};

use serde::Serialize;

/// One line of result.
///
/// # Errors
/// Nobody reads any more.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// The result as JSON for people and programs, indented.
///
/// # Errors
/// Nobody reads any more.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    Ok(line(text)?)
}

/// The result as one line of JSON.
///
/// # Errors
/// Nobody reads any more.
pub(crate) fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(value)?;
    Ok(line(text)?)
}

/// A line beside the result; lost when nobody listens.
pub(crate) fn note(text: impl Display) {
    let _lost = writeln!(io::stderr().lock(), "{text}");
}

/// Why it failed.
pub(crate) fn error(text: &str) {
    note(format_args!("lumi: {text}"));
}

/// Columns as wide as their widest cell; the last one is not padded.
///
/// # Errors
/// Nobody reads any more.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let head: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
    let width = |at: usize| {
        let cells = std::iter::once(&head).chain(rows);
        cells.filter_map(|row| row.get(at)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    for row in std::iter::once(&head).chain(rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        line(cells.join("  ").trim_end())?;
    }
    Ok(())
}
