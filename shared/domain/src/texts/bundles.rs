use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use crate::Lang;

/// The language of last resort.
pub(super) const ENGLISH: Lang = Lang::two(*b"en");

/// Language and source of each file; a new language is a line here.
pub(super) const FILES: [(&[u8; 2], &str); 13] = [
    (b"en", include_str!("../../texts/en.ftl")),
    (b"fr", include_str!("../../texts/fr.ftl")),
    (b"de", include_str!("../../texts/de.ftl")),
    (b"es", include_str!("../../texts/es.ftl")),
    (b"it", include_str!("../../texts/it.ftl")),
    (b"pt", include_str!("../../texts/pt.ftl")),
    (b"nl", include_str!("../../texts/nl.ftl")),
    (b"pl", include_str!("../../texts/pl.ftl")),
    (b"ru", include_str!("../../texts/ru.ftl")),
    (b"tr", include_str!("../../texts/tr.ftl")),
    (b"ar", include_str!("../../texts/ar.ftl")),
    (b"zh", include_str!("../../texts/zh.ftl")),
    (b"ja", include_str!("../../texts/ja.ftl")),
];

type Bundle = FluentBundle<FluentResource>;

/// In the order of [`FILES`].
static BUNDLES: LazyLock<Vec<Bundle>> =
    LazyLock::new(|| FILES.iter().map(|(tag, source)| bundle(Lang::two(**tag), source)).collect());

/// Where the language stands in [`FILES`].
pub(super) fn index(lang: Lang) -> Option<usize> {
    FILES.iter().position(|(tag, _)| Lang::two(**tag) == lang)
}

/// The words of a message, from English when `lang` has none. Empty when no file has it: a test
/// keeps that from happening.
pub(super) fn format(lang: Lang, key: &str, args: Option<&FluentArgs<'_>>) -> String {
    let in_language = |lang: Lang| {
        let bundle = BUNDLES.get(index(lang)?)?;
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{key} in {lang}: {errors:?}");
        Some(text)
    };
    in_language(lang).or_else(|| in_language(ENGLISH)).unwrap_or_default()
}

fn bundle(lang: Lang, source: &str) -> Bundle {
    let locale = lang.as_str().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // The texts are exact and go to plain chats: no invisible marks around arguments.
    bundle.set_use_isolating(false);
    // A broken entry is left out and falls back to English; tests assert that none is broken.
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    let added = bundle.add_resource(resource);
    debug_assert!(added.is_ok(), "{lang}: {added:?}");
    bundle
}
