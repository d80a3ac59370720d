use chrono::{DateTime, Utc};

use crate::{Context, Intent, Lang, detect, looks_like_question, understand};

/// Collects what differs, so that one run shows every wrong row of a table.
#[derive(Default)]
pub(crate) struct Wrong(Vec<String>);

impl Wrong {
    pub(crate) fn note<T: PartialEq + std::fmt::Debug>(
        &mut self,
        got: &T,
        expected: &T,
        what: &str,
    ) {
        if got != expected {
            self.0.push(format!("{what}: got {got:?}, expected {expected:?}"));
        }
    }
}

impl Drop for Wrong {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "\n{}", self.0.join("\n"));
        }
    }
}

fn context(language: Option<&str>) -> Context {
    Context {
        language: language.and_then(Lang::parse),
        now: "2024-11-20T12:00:00Z".parse::<DateTime<Utc>>().expect("a time"),
        timezone: chrono_tz::Europe::Paris,
        country: Some("FR".to_owned()),
        default_language: None,
    }
}

fn tag(text: &str, prior: Option<&str>) -> Option<String> {
    detect(text, prior.and_then(Lang::parse)).0.map(|l| l.as_str().to_owned())
}

#[test]
fn triggers_name_their_language_and_intent() {
    let mut wrong = Wrong::default();
    let cases = [
        (
            "fr",
            "Vacances|vacances !|Congés|je veux poser des vacances|VACANCES|Vacances du 24/12 au 08/01",
        ),
        ("en", "Vacation|Holidays|I want to take a vacation|time off please|annual leave"),
        ("de", "Urlaub|Ich möchte Urlaub eintragen|Betriebsferien"),
        ("es", "Vacaciones|quiero tomar vacaciones"),
        ("it", "Ferie|vorrei prendere ferie"),
        ("pt", "Férias|ferias|quero marcar férias"),
        ("nl", "Vakantie|ik wil vakantie opnemen"),
        ("pl", "Urlop|chcę wziąć urlop"),
        ("ru", "Отпуск|отпуск!|хочу взять отпуск"),
        ("tr", "Tatil|İzin|izin almak istiyorum|TATİL"),
        ("ar", "إجازة|اجازة|أريد إجازة"),
        ("zh", "休假|我要休假|請假"),
        ("ja", "休暇|休暇を取りたいです|お休み"),
    ];
    for (lang, texts) in cases {
        for text in texts.split('|') {
            let read = understand(text, &context(None));
            wrong.note(&read.language, &Lang::parse(lang), text);
            wrong.note(&read.intent, &Some(Intent::Vacation), text);
        }
    }
}

#[test]
fn yes_and_no_in_their_conversation() {
    let mut wrong = Wrong::default();
    let cases = [
        ("fr", "oui|Oui !|d'accord|ok|c'est bon|oui merci", "non|annuler|Annule|stop|non merci"),
        ("en", "yes|Yes please|ok|sure|confirm", "no|cancel|stop|never mind|no thanks"),
        ("de", "ja|jawohl|genau|Bestätigen|ja, bitte", "nein|abbrechen|stopp|nein danke"),
        ("es", "sí|si|vale|confirmo|de acuerdo", "no|cancelar|no gracias"),
        ("it", "sì|va bene|confermo", "no|annulla|no grazie"),
        ("pt", "sim|confirmo|está certo", "não|cancelar|não obrigado"),
        ("nl", "ja|klopt|akkoord", "nee|annuleren|nee bedankt"),
        ("pl", "tak|potwierdzam|zgadza się", "nie|anuluj|nie dziękuję"),
        ("ru", "да|подтверждаю|верно", "нет|отмена|нет спасибо"),
        ("tr", "evet|tamam|onaylıyorum", "hayır|iptal|HAYIR"),
        ("ar", "نعم|موافق|تمام", "لا|إلغاء|لا شكرا"),
        ("zh", "是|是的|确认|好的", "不|不是|取消"),
        ("ja", "はい|確認|お願いします", "いいえ|キャンセル|違います"),
    ];
    for (lang, yes, no) in cases {
        for (words, intent) in [(yes, Intent::Confirm), (no, Intent::Cancel)] {
            for text in words.split('|') {
                let read = understand(text, &context(Some(lang)));
                wrong.note(&read.intent, &Some(intent), &format!("{lang} {text}"));
                wrong.note(&read.language, &Lang::parse(lang), &format!("{lang} {text}"));
            }
        }
    }
}

#[test]
fn signs_and_english_are_understood_everywhere() {
    let mut wrong = Wrong::default();
    for lang in ["fr", "ru", "zh", "ar", "sv"] {
        for text in ["✅", "✔️", "✔", "☑️", "👍", "👍🏽", "✅ ", "👍👍", "yes", "ok"]
        {
            wrong.note(
                &understand(text, &context(Some(lang))).intent,
                &Some(Intent::Confirm),
                &format!("{lang} {text}"),
            );
        }
        for text in ["❌", "✖️", "👎", "🛑", "👎🏿", "cancel", "no"] {
            wrong.note(
                &understand(text, &context(Some(lang))).intent,
                &Some(Intent::Cancel),
                &format!("{lang} {text}"),
            );
        }
    }
    assert_eq!(understand("✅❌", &context(Some("fr"))).intent, None);
}

#[test]
fn questions_are_no_wish() {
    let mut wrong = Wrong::default();
    let cases = [
        "Êtes-vous ouverts pendant les vacances ?",
        "Are you open on holidays?",
        "Habt ihr im Urlaub geöffnet?",
        "Vous avez des offres de vacances",
        "Do you sell vacation packages",
        "oui mais à quelle heure ?",
        "What is the cancellation policy",
        "no idea what you mean",
        "休暇中も営業していますか？",
    ];
    for text in cases {
        wrong.note(&understand(text, &context(None)).intent, &None, text);
    }
}

#[test]
fn mute_messages_keep_the_language() {
    let mut wrong = Wrong::default();
    for text in [
        "ok",
        "OK!",
        "👍",
        "✅",
        "24/12",
        "2024-12-24",
        "12345",
        "...",
        "",
        " ",
        "24.12.-08.01.",
        "٢٤/١٢",
    ] {
        wrong.note(&tag(text, Some("pl")).as_deref(), &Some("pl"), text);
        wrong.note(&tag(text, None), &None, text);
    }
}

#[test]
fn sentences_are_detected() {
    let mut wrong = Wrong::default();
    let cases = [
        (
            "fr",
            "À quelle heure ouvrez-vous demain ?|Bonjour, avez-vous des places ?|Merci beaucoup|Bonjour",
        ),
        ("en", "What time do you open tomorrow?|Do you deliver?|Thank you very much|Hello"),
        ("de", "Wann haben Sie geöffnet?|Guten Tag, haben Sie noch Plätze frei?|Vielen Dank"),
        ("es", "¿A qué hora abren mañana?|Hola, ¿tienen mesas libres?|Muchas gracias"),
        ("it", "A che ora aprite domani?|Buongiorno, avete posti liberi?|Grazie mille"),
        ("pt", "A que horas vocês abrem amanhã?|Olá, vocês têm mesas livres?|Muito obrigado"),
        ("nl", "Hoe laat gaan jullie open?|Hallo, hebben jullie nog plaats?|Dank u wel"),
        ("pl", "O której godzinie otwieracie?|Dzień dobry, czy są wolne miejsca?|Dziękuję bardzo"),
        ("ru", "Во сколько вы открываетесь?|Здравствуйте, есть ли свободные места?|Спасибо"),
        ("tr", "Saat kaçta açılıyorsunuz?|Merhaba, boş yeriniz var mı?|Teşekkür ederim"),
        ("ar", "متى تفتحون غدا؟|مرحبا، هل لديكم أماكن؟|شكرا جزيلا"),
        ("zh", "你们几点开门？|您好，请问有位子吗？|谢谢"),
        ("ja", "何時に開きますか？|こんにちは、空席はありますか？|ありがとうございます"),
        ("ko", "몇 시에 문을 여나요?"),
        ("el", "Τι ώρα ανοίγετε;"),
        ("he", "מתי אתם פותחים?"),
        ("th", "เปิดกี่โมง"),
        ("sv", "Vilken tid öppnar ni i morgon?"),
        ("uk", "О котрій годині ви відчиняєтеся?"),
        ("fi", "Mihin aikaan avaatte huomenna?"),
    ];
    for (lang, texts) in cases {
        for text in texts.split('|') {
            wrong.note(&tag(text, None).as_deref(), &Some(lang), text);
        }
    }
}

#[test]
fn a_conversation_switches_only_on_a_clear_margin() {
    let mut wrong = Wrong::default();
    for (text, prior) in [
        ("Menu", "fr"),
        ("wifi", "de"),
        ("no", "es"),
        ("Menu", "it"),
        ("pizza", "pl"),
        ("休暇", "zh"),
    ] {
        wrong.note(&tag(text, Some(prior)).as_deref(), &Some(prior), text);
    }
    for (text, prior, now) in [
        ("What time do you open tomorrow?", "fr", "en"),
        ("À quelle heure ouvrez-vous demain ?", "en", "fr"),
        ("Vacances", "en", "fr"),
        ("Urlaub", "fr", "de"),
        ("Отпуск", "fr", "ru"),
        ("¿A qué hora abren mañana?", "pt", "es"),
        ("何時に開きますか？", "zh", "ja"),
    ] {
        wrong.note(&tag(text, Some(prior)).as_deref(), &Some(now), text);
    }
}

#[test]
fn questions_look_like_questions() {
    let mut wrong = Wrong::default();
    for text in [
        "Où êtes-vous ?",
        "where are you",
        "ما هذا؟",
        "你们在哪里？",
        "какой у вас адрес",
        "qué horario tienen",
        "いつですか？",
    ] {
        wrong.note(&looks_like_question(text), &true, text);
    }
    for text in [
        "24/12/2024",
        "le 24 décembre",
        "oui",
        "demain",
        "✅",
        "31/02",
        "vacances",
        "je ne sais pas",
    ] {
        wrong.note(&!looks_like_question(text), &true, text);
    }
}

#[test]
fn json_has_the_promised_shape() {
    let read = understand("Vacances du 24/12/2024 au 08/01/2025", &context(None));
    let json = serde_json::to_value(&read).expect("plain data");
    assert_eq!(json["language"], "fr");
    assert_eq!(json["intent"], "vacation");
    assert_eq!(json["dates"], serde_json::json!({"start": "2024-12-24", "end": "2025-01-08"}));
    assert_eq!(json["ambiguous"], false);
    assert!(
        json.get("candidates").is_none() && json["confidence"].as_f64().expect("a number") > 0.5
    );
    let mute = serde_json::to_value(understand("1", &context(None))).expect("plain data");
    assert_eq!(
        mute,
        serde_json::json!({"language": null, "confidence": 0.0, "intent": null, "dates": null, "ambiguous": false})
    );
}

#[test]
fn long_texts_are_capped() {
    let text = "À quelle heure ouvrez-vous demain ? ".repeat(5000);
    assert_eq!(tag(&text, None).as_deref(), Some("fr"));
}
