use std::collections::HashSet;
use std::sync::LazyLock;

use crate::text::fold;

/// Greetings, thanks and calls for help: the whole message, at most with a name or a filler behind it.
const GREETINGS: &[&str] = &[
    // en
    "hi",
    "hello",
    "hey",
    "good morning",
    "good afternoon",
    "good evening",
    "help",
    "start",
    "menu",
    // fr
    "bonjour",
    "bonsoir",
    "salut",
    "coucou",
    "aide",
    "a l aide",
    "allo",
    // de
    "hallo",
    "guten tag",
    "guten morgen",
    "guten abend",
    "moin",
    "servus",
    "hilfe",
    "gruss gott",
    // es
    "hola",
    "buenos dias",
    "buenas tardes",
    "buenas noches",
    "buenas",
    "ayuda",
    // it
    "ciao",
    "buongiorno",
    "buonasera",
    "salve",
    "aiuto",
    // pt
    "ola",
    "oi",
    "bom dia",
    "boa tarde",
    "boa noite",
    "ajuda",
    // nl
    "hoi",
    "goedemorgen",
    "goedemiddag",
    "goedenavond",
    "goedendag",
    // pl
    "czesc",
    "dzien dobry",
    "dobry wieczor",
    "witam",
    "pomoc",
    // ru
    "привет",
    "здравствуйте",
    "здравствуй",
    "добрыи день",
    "добрый день",
    "доброе утро",
    "добрыи вечер",
    "добрый вечер",
    "помощь",
    // tr
    "merhaba",
    "selam",
    "iyi gunler",
    "gunaydin",
    "iyi aksamlar",
    "yardim",
    // ar
    "مرحبا",
    "السلام عليكم",
    "صباح الخير",
    "مساء الخير",
    "اهلا",
    "أهلا",
    "مساعدة",
    // thanks
    "merci",
    "merci beaucoup",
    "thanks",
    "thank you",
    "thx",
    "danke",
    "vielen dank",
    "danke schon",
    "gracias",
    "muchas gracias",
    "grazie",
    "grazie mille",
    "obrigado",
    "obrigada",
    "bedankt",
    "dank je",
    "dank u",
    "dank je wel",
    "dziekuje",
    "dzieki",
    "спасибо",
    "tesekkurler",
    "tesekkur ederim",
    "sagol",
    "شكرا",
    "谢谢",
    "多谢",
    "ありがとう",
    "ありがとうございます",
    // zh
    "你好",
    "您好",
    "嗨",
    "帮助",
    "早上好",
    // ja
    "こんにちは",
    "こんばんは",
    "おはよう",
    "おはようございます",
    "はじめまして",
    "ヘルプ",
];

static FOLDED: LazyLock<HashSet<String>> =
    LazyLock::new(|| GREETINGS.iter().map(|greeting| words(greeting).join(" ")).collect());

/// Whether a message only greets, thanks or asks for help.
pub fn is_greeting(text: &str) -> bool {
    if text.chars().count() > 40 {
        return false;
    }
    let said = words(text);
    if FOLDED.contains(&said.join(" ")) {
        return true;
    }
    // "Bonjour Claire", "hello there": one more word at the most, and no question.
    let asks = text.contains(['?', '？', '؟']);
    said.split_last().is_some_and(|(_, first)| !asks && FOLDED.contains(&first.join(" ")))
}

fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_or_asks() {
        for text in [
            "Bonjour !",
            "HELLO",
            "Hi there",
            "Здравствуйте",
            "Добрый день!",
            "こんにちは",
            "你好",
            "buenos días",
            "Ayuda",
            "/start",
            "مرحبا",
            "Günaydın",
        ] {
            assert!(is_greeting(text), "{text}");
        }
        for text in [
            "",
            "👍",
            "Bonjour, à quelle heure ouvrez-vous ?",
            "hello is it open?",
            "Vacances",
            "menu du jour ?",
        ] {
            assert!(!is_greeting(text), "{text}");
        }
    }
}
