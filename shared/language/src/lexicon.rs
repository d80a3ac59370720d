use std::collections::HashMap;
use std::sync::LazyLock;

use crate::tables::{TABLES, Table, cldr};
use crate::text::{Unit, UnitKind, fold, key, units};

/// A span of calendar time that words count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Day,
    Week,
    Month,
    Year,
}

const PERIODS: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::Year];

/// What a word can mean. A word may have several meanings, also in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    Month(u8),
    /// 0 is Monday.
    Weekday(u8),
    Day(i8),
    Number(u8),
    Period(Period),
    /// A period counted from the present one, as one phrase: "last week".
    Named(Period, i8),
    /// A Japanese era: the year before its first.
    Era(u16),
    Weekend,
    Ahead,
    Ago,
    Next,
    This,
    Last,
    From,
    To,
    And,
    Article,
    Ordinal,
    Skip,
    Decoy,
    Trigger,
    Filler,
    Yes,
    No,
    Polite,
    Question,
    Common,
}

impl Sense {
    /// Part of the grammar of dates.
    pub(crate) const fn is_date(self) -> bool {
        !matches!(
            self,
            Self::Trigger
                | Self::Filler
                | Self::Yes
                | Self::No
                | Self::Polite
                | Self::Question
                | Self::Common
        )
    }
}

/// A meaning and the table (index into `TABLES`) that gives it.
pub(crate) type Meaning = (u16, Sense);

/// Phrases of all tables, folded.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    exact: HashMap<String, Vec<Meaning>>,
    stems: HashMap<String, Vec<Meaning>>,
    /// How many units the longest phrase has that begins with this unit.
    longest: HashMap<String, usize>,
}

/// All phrases found in a text: for each unit those that begin there, longest first.
#[derive(Debug)]
pub(crate) struct Analysis {
    pub(crate) units: Vec<Unit>,
    pub(crate) found: Vec<Vec<Found>>,
}

/// `len` units from here on have these meanings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) len: usize,
    pub(crate) meanings: &'static [Meaning],
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::build);

/// Builds the lexicon now.
pub(crate) fn load() {
    LazyLock::force(&LEXICON);
}

/// Cuts and looks up a text.
pub(crate) fn analyse(text: &str) -> Analysis {
    let units = units(&fold(text));
    let found = (0..units.len()).map(|i| LEXICON.at(units.get(i..).unwrap_or(&[]))).collect();
    Analysis { units, found }
}

impl Lexicon {
    fn build() -> Self {
        let mut lexicon = Self::default();
        for (index, table) in (0_u16..).zip(TABLES) {
            lexicon.add_table(index, table);
        }
        let first = u16::try_from(TABLES.len()).unwrap_or(u16::MAX);
        for (index, fields) in (first..).zip(cldr::rows()) {
            lexicon.add_row(index, fields);
        }
        lexicon
    }

    /// One line of `cldr.txt`.
    fn add_row(&mut self, index: u16, mut fields: impl Iterator<Item = &'static str>) {
        let mut list = || fields.next().unwrap_or("").split(';');
        for (number, forms) in (1_u8..).zip(list()) {
            self.add_forms(index, Sense::Month(number), forms);
        }
        for (number, forms) in (0_u8..).zip(list()) {
            self.add_forms(index, Sense::Weekday(number), forms);
        }
        for (offset, forms) in (-2_i8..).zip(list()) {
            self.add_forms(index, Sense::Day(offset), forms);
        }
        for (period, forms) in PERIODS.into_iter().zip(list()) {
            self.add_forms(index, Sense::Period(period), forms);
        }
        let mut named = list();
        for period in [Period::Week, Period::Month, Period::Year] {
            for (offset, form) in (-1_i8..=1).zip(named.by_ref()) {
                self.add_forms(index, Sense::Named(period, offset), form);
            }
        }
        let senses = [
            Sense::Ahead,
            Sense::Ago,
            Sense::Next,
            Sense::This,
            Sense::Last,
            Sense::Skip,
            Sense::From,
            Sense::To,
        ];
        for (sense, forms) in senses.into_iter().zip(fields) {
            self.add_forms(index, sense, forms);
        }
    }

    fn add_table(&mut self, index: u16, t: &Table) {
        for (number, forms) in (1_u8..).zip(t.months) {
            self.add_forms(index, Sense::Month(number), forms);
        }
        for (number, forms) in (0_u8..).zip(t.weekdays) {
            self.add_forms(index, Sense::Weekday(number), forms);
        }
        for &(offset, forms) in t.days {
            self.add_forms(index, Sense::Day(offset), forms);
        }
        for &(offset, forms) in t.weeks {
            self.add_forms(index, Sense::Named(Period::Week, offset), forms);
        }
        for &(year, forms) in t.eras {
            self.add_forms(index, Sense::Era(year), forms);
        }
        for &(number, forms) in t.numbers {
            self.add_forms(index, Sense::Number(number), forms);
        }
        for (period, forms) in PERIODS.into_iter().zip(t.units) {
            self.add_forms(index, Sense::Period(period), forms);
        }
        for (sense, forms) in [
            (Sense::Weekend, t.weekend),
            (Sense::Ahead, t.ahead),
            (Sense::Ago, t.ago),
            (Sense::Next, t.next),
            (Sense::This, t.this),
            (Sense::Last, t.last),
            (Sense::From, t.from),
            (Sense::To, t.to),
            (Sense::And, t.and),
            (Sense::Article, t.article),
            (Sense::Ordinal, t.ordinal),
            (Sense::Skip, t.skip),
            (Sense::Decoy, t.decoy),
            (Sense::Trigger, t.triggers),
            (Sense::Filler, t.fillers),
            (Sense::Yes, t.yes),
            (Sense::No, t.no),
            (Sense::Polite, t.polite),
            (Sense::Question, t.questions),
            (Sense::Common, t.common),
        ] {
            self.add_forms(index, sense, forms);
        }
    }

    fn add_forms(&mut self, index: u16, sense: Sense, forms: &str) {
        for form in forms.split('|').filter(|f| !f.is_empty()) {
            let folded = fold(form);
            match folded.strip_suffix('*') {
                Some(stem) => add(&mut self.stems, stem.to_owned(), (index, sense)),
                None => {
                    self.add_phrase(&folded, (index, sense));
                    if folded.contains('-') {
                        self.add_phrase(&folded.replace('-', " "), (index, sense));
                    }
                }
            }
        }
    }

    fn add_phrase(&mut self, folded: &str, meaning: Meaning) {
        let parts = units(folded);
        if let Some(first) = parts.first() {
            let longest = self.longest.entry(first.text.clone()).or_default();
            *longest = (*longest).max(parts.len());
        }
        add(&mut self.exact, key(&parts), meaning);
    }

    /// The phrases that begin at the first of these units, longest first.
    fn at(&'static self, units: &[Unit]) -> Vec<Found> {
        let mut found = Vec::new();
        let Some(first) = units.first() else { return found };
        let longest = self.longest.get(&first.text).copied().unwrap_or(0).min(units.len());
        for len in (2..=longest).rev() {
            if let Some(meanings) = self.exact.get(&key(units.get(..len).unwrap_or(&[]))) {
                found.push(Found { len, meanings });
            }
        }
        if let Some(meanings) = self.exact.get(&first.text) {
            found.push(Found { len: 1, meanings });
        }
        if first.kind == UnitKind::Word {
            found.extend(self.by_stem(&first.text));
        }
        found
    }

    /// The longest stem of the word, at most 8 letters shorter than it.
    fn by_stem(&'static self, word: &str) -> Option<Found> {
        let ends = word.char_indices().map(|(i, _)| i).skip(1).chain([word.len()]);
        let ends: Vec<usize> = ends.collect();
        ends.iter().rev().take(9).find_map(|&end| {
            let meanings = self.stems.get(word.get(..end)?)?;
            Some(Found { len: 1, meanings })
        })
    }
}

fn add(map: &mut HashMap<String, Vec<Meaning>>, key: String, meaning: Meaning) {
    let meanings = map.entry(key).or_default();
    if !meanings.contains(&meaning) {
        meanings.push(meaning);
    }
}
