use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use fluent_bundle::FluentResource;

use super::{Asked, Phrase, bundles, choose, languages, part, render, supported, trigger};
use crate::{Dates, Lang, MessageText};

const FR: Lang = Lang::two(*b"fr");
const EN: Lang = Lang::two(*b"en");

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

/// Every phrase at least once; `all_keys_are_said` notices a missing one.
fn every_phrase() -> Vec<Phrase> {
    let (start, end) = (day("2024-12-24"), day("2025-01-08"));
    let sent = end.and_hms_opt(14, 5, 0).unwrap();
    let question = MessageText("Avez-vous un parking ?".to_owned());
    let mut all = vec![
        Phrase::AskStart,
        Phrase::AskEnd,
        Phrase::Confirm { start, end },
        Phrase::Saved,
        Phrase::Cancelled,
        Phrase::MisreadDate { asked: Asked::Start, example: start },
        Phrase::MisreadDate { asked: Asked::End, example: end },
        Phrase::AmbiguousDate {
            first: Dates::day(day("2025-04-03")),
            second: Dates::day(day("2025-03-04")),
        },
        Phrase::AmbiguousDate {
            first: Dates::range(day("2025-04-03"), day("2025-04-05")),
            second: Dates::range(day("2025-03-04"), day("2025-05-04")),
        },
        Phrase::EndBeforeStart { start: end, end: start },
        Phrase::Overlap { start, end },
        Phrase::RemindStart,
        Phrase::RemindEnd { start },
        Phrase::RemindConfirm { start, end },
        Phrase::OnlyOwner,
        Phrase::VacationNotice { ends_on: end },
        Phrase::UnknownHandoff,
        Phrase::Unknown,
        Phrase::OwnerQuestion {
            name: Some(MessageText("Zoé".to_owned())),
            question: question.clone(),
        },
        Phrase::OwnerQuestion { name: None, question },
        Phrase::MediaNotUnderstood,
        Phrase::Apology,
        Phrase::ReplayTooLate { sent, today: end },
        Phrase::ReplayTooLate { sent, today: day("2025-01-09") },
        Phrase::HelpContact,
        Phrase::HelpOwner,
        Phrase::NowOwner,
        Phrase::LinkExpired,
        Phrase::Clarify,
    ];
    all.extend([0, 1, 2, 3, 5, 11, 21, 60].map(|minutes| Phrase::TooManyMessages { minutes }));
    all.extend(languages().chain([lang("ko")]).map(|language| Phrase::AnswerLanguage { language }));
    all
}

/// Placeholders by key, as the source of a file has them.
fn placeholders(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut by_key = BTreeMap::new();
    let mut key = "";
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
            key = name;
            by_key.insert(key, BTreeSet::new());
        }
        for rest in line.split('$').skip(1) {
            let name = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap();
            by_key.get_mut(key).unwrap().insert(name);
        }
    }
    by_key
}

#[test]
fn the_seed_speaks_word_for_word() {
    let (start, end) = (day("2024-12-24"), day("2025-01-08"));
    for (phrase, words) in [
        (Phrase::AskStart, "Quelle est la date de début de vos congés ?"),
        (Phrase::AskEnd, "Parfait. Et quand se termine-t-il ?"),
        (
            Phrase::Confirm { start, end },
            "Merci de confirmer : du 2024-12-24 au 2025-01-08 (✅ pour enregistrer, ❌ pour annuler).",
        ),
        (Phrase::Saved, "Enregistré ! Profitez de vos congés."),
    ] {
        assert_eq!(render(&[FR], &phrase), words);
    }
}

#[test]
fn every_phrase_has_words_in_every_language() {
    for lang in languages() {
        for phrase in every_phrase() {
            let words = render(&[lang], &phrase);
            assert!(!words.trim().is_empty(), "{lang} {phrase:?}");
            assert!(!words.contains(['{', '}', '$']), "{lang} {phrase:?}: {words}");
            assert!(!words.contains("  ") && !words.contains(".."), "{lang} {phrase:?}: {words}");
            assert!(!words.contains('\u{2068}'), "isolation mark: {lang} {phrase:?}");
            let english = lang != EN && words == render(&[EN], &phrase);
            assert!(!english, "not translated: {lang} {phrase:?}");
        }
    }
}

#[test]
fn files_parse_and_have_the_same_keys_and_placeholders() {
    let english = placeholders(bundles::FILES[0].1);
    assert_eq!(english["vacation-confirm"], BTreeSet::from(["start", "end"]));
    for (tag, source) in bundles::FILES {
        let tag = Lang::two(*tag);
        let parsed = FluentResource::try_new(source.to_owned());
        assert!(parsed.is_ok(), "{tag}: {:?}", parsed.err().map(|(_, errors)| errors));
        assert_eq!(parsed.unwrap().entries().count(), english.len(), "{tag}");
        assert_eq!(placeholders(source), english, "{tag}");
    }
}

#[test]
fn all_keys_are_said() {
    let mut said: BTreeSet<_> = every_phrase().iter().map(Phrase::key).collect();
    said.extend(["vacation-trigger", "date-range"]);
    assert_eq!(said, placeholders(bundles::FILES[0].1).into_keys().collect());
}

#[test]
fn dates_follow_the_language() {
    for (tag, words) in [
        (
            "en",
            "We are on vacation and will be back on January 9, 2025. Thank you for your patience.",
        ),
        ("fr", "Nous sommes en congés et de retour le 9 janvier 2025. Merci de votre patience."),
        (
            "de",
            "Wir sind im Urlaub und ab dem 9. Januar 2025 wieder für Sie da. Vielen Dank für Ihre Geduld.",
        ),
        (
            "es",
            "Estamos de vacaciones y volveremos el 9 de enero de 2025. Gracias por su paciencia.",
        ),
        (
            "it",
            "Siamo in ferie e torneremo a Sua disposizione in data 9 gennaio 2025. Grazie per la pazienza.",
        ),
        (
            "pt",
            "Estamos de férias e voltaremos em 9 de janeiro de 2025. Agradecemos a sua paciência.",
        ),
        ("nl", "Wij zijn met vakantie en op 9 januari 2025 weer terug. Dank u voor uw geduld."),
        ("pl", "Jesteśmy na urlopie i wracamy 9 stycznia 2025. Dziękujemy za cierpliwość."),
        ("ru", "Мы в отпуске и вернёмся 9 января 2025 г. Благодарим за терпение."),
        ("tr", "Tatildeyiz ve 9 Ocak 2025 tarihinde döneceğiz. Sabrınız için teşekkür ederiz."),
        ("ar", "نحن في إجازة وسنعود في 9 يناير 2025. شكرًا لصبركم."),
        ("zh", "我们正在休假，将于 2025年1月9日 恢复营业。感谢您的耐心等待。"),
        (
            "ja",
            "現在、休暇をいただいております。2025年1月9日より営業を再開いたします。どうぞよろしくお願いいたします。",
        ),
    ] {
        let notice = Phrase::VacationNotice { ends_on: day("2025-01-08") };
        assert_eq!(render(&[lang(tag)], &notice), words);
    }
}

#[test]
fn the_first_of_a_french_month_is_an_ordinal() {
    let overlap = Phrase::Overlap { start: day("2025-01-01"), end: day("2025-01-11") };
    let words = "Vous avez déjà des congés du 1er janvier 2025 au 11 janvier 2025. \
                 Quelle autre date de début souhaitez-vous ?";
    assert_eq!(render(&[FR], &overlap), words);
}

#[test]
fn dates_at_the_ends_of_the_calendar_still_render() {
    for ends_on in [NaiveDate::MIN, NaiveDate::MAX] {
        assert!(!render(&[FR], &Phrase::VacationNotice { ends_on }).is_empty());
    }
}

#[test]
fn numbers_take_the_plural_of_the_language() {
    for (tag, minutes, words) in [
        ("en", 0, "in 1 minute."),
        ("en", 2, "in 2 minutes."),
        ("fr", 1, "dans 1 minute."),
        ("fr", 5, "dans 5 minutes."),
        ("ru", 21, "через 21 минуту."),
        ("ru", 3, "через 3 минуты."),
        ("ru", 11, "через 11 минут."),
        ("pl", 1, "za 1 minutę."),
        ("pl", 22, "za 22 minuty."),
        ("pl", 12, "za 12 minut."),
        ("ar", 2, "بعد دقيقتين."),
        ("ar", 7, "بعد 7 دقائق."),
        ("ar", 11, "بعد 11 دقيقة."),
    ] {
        let text = render(&[lang(tag)], &Phrase::TooManyMessages { minutes });
        assert!(text.ends_with(words), "{tag} {minutes}: {text}");
    }
}

#[test]
fn the_answer_s_language_is_named() {
    let intro = |shown, language| render(&[shown], &Phrase::AnswerLanguage { language });
    assert_eq!(intro(EN, EN), "Our answer is in English:");
    assert_eq!(intro(FR, EN), "Notre réponse est en anglais :");
    assert_eq!(intro(lang("ru"), FR), "Наш ответ на французском языке:");
    assert_eq!(intro(EN, lang("ko")), "Our answer is in another language:");
    for shown in languages() {
        let intros: BTreeSet<_> =
            languages().chain([lang("ko")]).map(|named| intro(shown, named)).collect();
        assert_eq!(intros.len(), 14, "{shown}");
    }
}

#[test]
fn a_late_message_is_named_by_its_time() {
    let sent = day("2025-01-08").and_hms_opt(14, 5, 59).unwrap();
    let late = |today| render(&[EN], &Phrase::ReplayTooLate { sent, today: day(today) });
    let words = "We could not handle your message of 14:05; \
                 please send it again if it still matters.";
    assert_eq!(late("2025-01-08"), words);
    assert!(late("2025-01-09").contains("January 8, 2025, 14:05"));
    for lang in languages() {
        let phrase = Phrase::ReplayTooLate { sent, today: day("2025-01-08") };
        assert!(render(&[lang], &phrase).contains("14:05"), "{lang}");
    }
}

#[test]
fn owners_see_who_asks_what() {
    let ask = |name: Option<&str>| {
        let name = name.map(|name| MessageText(name.to_owned()));
        let question = MessageText("Parking { $x } ?".to_owned());
        render(&[FR], &Phrase::OwnerQuestion { name, question })
    };
    assert!(ask(Some("Zoé")).starts_with("Zoé demande : « Parking { $x } ? »\n"));
    assert!(ask(None).starts_with("Un contact demande : « Parking { $x } ? »\n"));
}

#[test]
fn the_first_language_with_texts_is_taken() {
    let (ko, uk) = (lang("ko"), lang("uk"));
    for (langs, expected) in [
        (&[][..], EN),
        (&[FR], FR),
        (&[ko, FR], FR),
        // No language stands in for another one that the caller did not list.
        (&[uk], EN),
        (&[uk, ko], EN),
    ] {
        assert_eq!(choose(langs), expected, "{langs:?}");
        assert_eq!(part(langs, &Phrase::Saved).language, expected);
    }
    assert!(supported(FR) && !supported(uk));
    assert_eq!(languages().count(), 13);
}

#[test]
fn confirmations_carry_buttons() {
    let (start, end) = (day("2024-12-24"), day("2025-01-08"));
    for phrase in every_phrase() {
        let asks = phrase == Phrase::Confirm { start, end }
            || phrase == Phrase::RemindConfirm { start, end };
        let expected: &[&str] = if asks { &["✅", "❌"] } else { &[] };
        let shown = part(&[FR], &phrase);
        assert_eq!(shown.buttons, expected);
        assert!(asks <= (shown.text.contains("✅") && shown.text.contains("❌")));
    }
}

#[test]
fn help_names_the_trigger() {
    for lang in languages() {
        let word = trigger(&[lang]);
        assert!(!word.is_empty());
        for phrase in [Phrase::HelpOwner, Phrase::NowOwner] {
            assert!(render(&[lang], &phrase).contains(&word), "{lang} {phrase:?}");
        }
    }
    assert_eq!(trigger(&[FR]), "Vacances");
}
