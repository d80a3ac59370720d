use std::sync::LazyLock;

use lumi_domain::Lang;

/// Words of dates in the languages without a table of their own; made by `cldr.py`, which
/// describes the fields. Unicode CLDR 48, © Unicode, Inc., Unicode License v3.
static TEXT: &str = include_str!("cldr.txt");

static LANGUAGES: LazyLock<Vec<Lang>> = LazyLock::new(|| {
    TEXT.lines().filter_map(|line| Lang::parse(line.split('\t').next()?)).collect()
});

/// The language of each line.
pub(crate) fn languages() -> impl Iterator<Item = Lang> {
    LANGUAGES.iter().copied()
}

/// The fields of each line behind its code.
pub(crate) fn rows() -> impl Iterator<Item = std::iter::Skip<std::str::Split<'static, char>>> {
    TEXT.lines().map(|line| line.split('\t').skip(1))
}
