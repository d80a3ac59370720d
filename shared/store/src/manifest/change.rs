use std::fmt;

use serde::Serialize;

/// One row that an apply created, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeLine {
    /// In which tenant.
    pub tenant: String,
    /// What happened.
    pub verb: Verb,
    /// To what: `tenant`, `channel wa`, `owner 33123456789 on wa`, `faq hours`.
    pub what: String,
    /// Field by field, where it was changed.
    pub fields: Vec<FieldChange>,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// It is new.
    Created,
    /// It differs.
    Updated,
    /// It is gone.
    Removed,
    /// It has a history, so it stays but is not served.
    Disabled,
}

/// One changed field. The values of secrets are never in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Its name in the manifest.
    pub field: String,
    /// Before; `None`: there was none, or it is a secret.
    pub from: Option<String>,
    /// After; `None`: there is none, or it is a secret.
    pub to: Option<String>,
}

/// Longest value shown, in characters.
const SHOWN: usize = 60;

impl fmt::Display for ChangeLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.verb {
            Verb::Created => "created",
            Verb::Updated => "updated",
            Verb::Removed => "removed",
            Verb::Disabled => "disabled (it has a history, so it is kept)",
        };
        write!(f, "{}: {} {verb}", self.tenant, self.what)?;
        for (at, field) in self.fields.iter().enumerate() {
            write!(f, "{}{field}", if at == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (None, None) => write!(f, "{} changed", self.field),
            (from, to) => write!(f, "{} {} -> {}", self.field, Shown(from), Shown(to)),
        }
    }
}

struct Shown<'a>(&'a Option<String>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(text) = self.0 else { return f.write_str("nothing") };
        let short: String = text.chars().take(SHOWN).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        write!(f, "{short:?}{more}")
    }
}

/// Collects the fields of a row that differ.
#[derive(Debug, Default)]
pub(super) struct Diff {
    pub(super) fields: Vec<FieldChange>,
}

impl Diff {
    /// A field that always has a value.
    pub(super) fn field(&mut self, name: &str, from: &impl ToString, to: &impl ToString) {
        self.optional(name, Some(from.to_string()), Some(to.to_string()));
    }

    /// A field that may have none.
    pub(super) fn optional(&mut self, name: &str, from: Option<String>, to: Option<String>) {
        if from != to {
            self.fields.push(FieldChange { field: name.to_owned(), from, to });
        }
    }

    /// A value that is never shown.
    pub(super) fn secret(&mut self, name: &str) {
        self.fields.push(FieldChange { field: name.to_owned(), from: None, to: None });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_well() {
        let mut diff = Diff::default();
        diff.field("name", &"Chez Nous", &"Chez Nous");
        diff.field("name", &"Chez Nous", &"Chez Toi");
        diff.optional("country", None, Some("FR".into()));
        diff.field("answer", &"short", &"é".repeat(61));
        diff.secret("secrets");
        let line = ChangeLine {
            tenant: "demo".into(),
            verb: Verb::Updated,
            what: "tenant".into(),
            fields: diff.fields,
        };
        assert_eq!(
            line.to_string(),
            format!(
                "demo: tenant updated: name \"Chez Nous\" -> \"Chez Toi\", country nothing -> \"FR\", \
                 answer \"short\" -> \"{}\"…, secrets changed",
                "é".repeat(60)
            )
        );
    }
}
