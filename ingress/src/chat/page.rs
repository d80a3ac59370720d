//! The page and its files.

use std::sync::LazyLock;

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, VARY};
use hyper::{Method, StatusCode};

use super::Visit;
use super::origin::allowed;
use crate::answer::{Answer, Refusal, of};

const PAGE: &str = include_str!("../../assets/chat/index.html");
const STYLE: &str = include_str!("../../assets/chat/chat.css");
const SCRIPT: &str = concat!(
    include_str!("../../assets/chat/words.js"),
    "\n",
    include_str!("../../assets/chat/stream.js"),
    "\n",
    include_str!("../../assets/chat/session.js"),
    "\n",
    include_str!("../../assets/chat/chat.js"),
);
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Shown where a channel has no `title`.
const TITLE: &str = "Chat";

/// Changes whenever a file does: FNV-1a over all of them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let hash =
        [PAGE, STYLE, SCRIPT].concat().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
});

pub(super) async fn page(visit: &Visit<'_>) -> Answer {
    let channel = &visit.channel;
    let shared = visit.shared;
    let examples =
        shared.chat.examples.of(channel.tenant.as_str(), &shared.db, &shared.tasks).await;
    let examples = serde_json::to_string(&examples[..]).unwrap_or_else(|_| "[]".to_owned());
    let title = channel.setting("title").unwrap_or(TITLE);
    let page = fill(
        PAGE,
        &[
            ("__VERSION__", &VERSION),
            ("__KEY__", &channel.key),
            ("__TITLE__", title),
            ("__EXAMPLES__", &examples),
        ],
    );
    let mut answer = of(StatusCode::OK, "text/html; charset=utf-8", Bytes::from(page));
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(VARY, HeaderValue::from_static("Cookie"));
    // Pages that may call the chat may also show it in a frame.
    let policy = allowed(channel).fold(POLICY.to_owned(), |policy, origin| policy + " " + &origin);
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    answer
}

/// A file of the page. Immutable under the version that the page names; under any other it is whatever
/// this program has, which must not be kept.
pub(super) fn asset(method: &Method, file: &str, query: Option<&str>) -> Result<Answer, Refusal> {
    if method != Method::GET && method != Method::HEAD {
        return Err(Refusal::Method("GET"));
    }
    let (content_type, text) = match file {
        "chat.css" => ("text/css; charset=utf-8", STYLE),
        "chat.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return Err(Refusal::Unknown("no such file")),
    };
    let current = query.and_then(|query| query.strip_prefix("v=")) == Some(VERSION.as_str());
    let keep = if current { "public, max-age=31536000, immutable" } else { "no-store" };
    let mut answer = of(StatusCode::OK, content_type, Bytes::from_static(text.as_bytes()));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    Ok(answer)
}

/// Fills all placeholders in one pass: what is filled in may look like one and stays as it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut page = String::with_capacity(template.len() + 1024);
    let mut rest = template;
    while let Some((before, name, value, after)) = first(rest, values) {
        page.push_str(before);
        debug_assert!(!name.is_empty());
        escape(&mut page, value);
        rest = after;
    }
    page.push_str(rest);
    page
}

fn first<'t, 'v>(
    text: &'t str,
    values: &[(&'v str, &'v str)],
) -> Option<(&'t str, &'v str, &'v str, &'t str)> {
    values
        .iter()
        .filter_map(|(name, value)| {
            text.split_once(name).map(|(before, after)| (before, *name, *value, after))
        })
        .min_by_key(|(before, ..)| before.len())
}

fn escape(page: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            other => page.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_escaped() {
        let filled = fill(
            "<a t=\"__TITLE__\">__KEY__ __TITLE__ __OTHER__</a>",
            &[("__TITLE__", "\"><script>'&__KEY__"), ("__KEY__", "k")],
        );
        let title = "&quot;&gt;&lt;script&gt;&#39;&amp;__KEY__";
        assert_eq!(filled, format!("<a t=\"{title}\">k {title} __OTHER__</a>"));
    }

    #[test]
    fn the_page_names_its_files_by_version() {
        let filled = fill(
            PAGE,
            &[
                ("__VERSION__", &VERSION),
                ("__KEY__", "demo"),
                ("__TITLE__", "T"),
                ("__EXAMPLES__", "[]"),
            ],
        );
        assert!(!filled.contains("__"), "a placeholder is left");
        for file in ["chat.css", "chat.js"] {
            assert!(filled.contains(&format!("demo/assets/{file}?v={}", *VERSION)), "{file}");
            let query = format!("v={}", *VERSION);
            let kept = asset(&Method::GET, file, Some(&query)).expect("a file");
            let cache = kept.headers().get(CACHE_CONTROL).expect("set").to_str().expect("text");
            assert!(cache.contains("immutable"));
            let old = asset(&Method::GET, file, Some("v=0")).expect("a file");
            assert_eq!(
                old.headers().get(CACHE_CONTROL),
                Some(&HeaderValue::from_static("no-store"))
            );
        }
        assert!(asset(&Method::GET, "../index.html", None).is_err());
        assert!(asset(&Method::POST, "chat.js", None).is_err());
    }
}
