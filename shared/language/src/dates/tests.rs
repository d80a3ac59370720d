use chrono::{NaiveDate, NaiveTime};

use crate::tests::Wrong;
use crate::{Context, DateSpan, Lang, Understanding, understand};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Reads in a conversation of this language, with "today" 2024-11-20, a Wednesday.
fn read(lang: &str, country: Option<&str>, text: &str) -> Understanding {
    let ctx = Context {
        language: Lang::parse(lang),
        now: day("2024-11-20").and_time(NaiveTime::MIN).and_utc(),
        timezone: chrono_tz::UTC,
        country: country.map(str::to_owned),
        default_language: None,
    };
    understand(text, &ctx)
}

fn span(start: &str, end: Option<&str>) -> DateSpan {
    DateSpan { start: day(start), end: end.map(day) }
}

#[test]
fn single_days_in_thirteen_languages() {
    let mut wrong = Wrong::default();
    let cases = [
        (
            "fr",
            "24/12/2024|24/12|le 24 décembre|24 déc.|mardi 24 décembre 2024|24-12-2024|24.12.24|2024-12-24|Le 24 Décembre 2024 !",
        ),
        (
            "en",
            "2024-12-24|24/12|December 24th|Dec 24|24 December 2024|the 24th of December|Tuesday, December 24, 2024|24-Dec-2024|dec. 24th, 2024",
        ),
        (
            "de",
            "24.12.2024|24.12.|24. Dezember 2024|am 24. Dezember|24. Dez|Dienstag, den 24.12.2024|vierundzwanzigster Dezember",
        ),
        (
            "es",
            "24/12/2024|24 de diciembre|el 24 de diciembre de 2024|24 dic|martes 24 de diciembre|24 de diciembre del 2024",
        ),
        ("it", "24/12/2024|24 dicembre|il 24 dicembre 2024|24 dic.|martedì 24 dicembre"),
        (
            "pt",
            "24/12/2024|24 de dezembro|dia 24 de dezembro de 2024|24 dez|terça-feira, 24 de dezembro",
        ),
        ("nl", "24-12-2024|24 december|24 dec 2024|dinsdag 24 december|de 24e december"),
        ("pl", "24.12.2024|24 grudnia|24 grudnia 2024 r.|24 gru|wtorek 24 grudnia|24-go grudnia"),
        (
            "ru",
            "24.12.2024|24 декабря|24 декабря 2024 г.|24 дек|24-го декабря|во вторник, 24 декабря 2024 года",
        ),
        ("tr", "24.12.2024|24 Aralık|24 Aralık 2024|24 Aralık'ta|24 Aralık Salı"),
        ("ar", "٢٤/١٢/٢٠٢٤|24 ديسمبر|٢٤ ديسمبر ٢٠٢٤|24 كانون الأول|يوم 24 ديسمبر"),
        (
            "zh",
            "2024年12月24日|12月24日|12月24号|二〇二四年十二月二十四日|2024/12/24|12月24日星期二|2024-12-24",
        ),
        ("ja", "2024年12月24日|12月24日|１２月２４日|2024/12/24|12/24|12月24日（火）"),
    ];
    for (lang, texts) in cases {
        for text in texts.split('|') {
            wrong.note(
                &read(lang, None, text).dates,
                &Some(span("2024-12-24", None)),
                &format!("{lang} {text}"),
            );
        }
    }
}

#[test]
fn languages_known_by_cldr_only() {
    let mut wrong = Wrong::default();
    for (lang, text) in [
        ("sv", "den 24 december"),
        ("ko", "12월 24일"),
        ("hu", "december 24"),
        ("uk", "24 грудня"),
        ("el", "24 Δεκεμβρίου"),
        ("fa", "۲۴ دسامبر ۲۰۲۴"),
        ("hi", "24 दिसंबर 2024"),
        ("vi", "ngày 24 tháng 12 năm 2024"),
        ("fi", "24. joulukuuta"),
        ("cs", "24. prosince 2024"),
        ("no", "24. desember"),
        ("he", "24 בדצמבר 2024"),
        ("id", "24 Desember 2024"),
        ("ro", "24 decembrie"),
        ("hr", "24. prosinca 2024."),
        ("th", "24 ธันวาคม"),
    ] {
        wrong.note(
            &read(lang, None, text).dates,
            &Some(span("2024-12-24", None)),
            &format!("{lang} {text}"),
        );
    }
}

#[test]
fn days_counted_from_today() {
    let mut wrong = Wrong::default();
    let cases = [
        ("fr", "aujourd'hui|demain|après-demain|dans 3 jours|lundi|vendredi prochain"),
        ("en", "today|tomorrow|the day after tomorrow|in 3 days|monday|this friday"),
        ("de", "heute|morgen|übermorgen|in 3 Tagen|Montag|diesen Freitag"),
        ("es", "hoy|mañana|pasado mañana|dentro de 3 días|el lunes|este viernes"),
        ("it", "oggi|domani|dopodomani|fra 3 giorni|lunedì|venerdì prossimo"),
        ("pt", "hoje|amanhã|depois de amanhã|daqui a 3 dias|segunda-feira|na próxima sexta"),
        ("nl", "vandaag|morgen|overmorgen|over 3 dagen|maandag|aanstaande vrijdag"),
        ("pl", "dziś|jutro|pojutrze|za 3 dni|w poniedziałek|w ten piątek"),
        ("ru", "сегодня|завтра|послезавтра|через 3 дня|в понедельник|в эту пятницу"),
        ("tr", "bugün|yarın|öbür gün|3 gün sonra|pazartesi|bu cuma"),
        ("ar", "اليوم|غدا|بعد غد|بعد 3 أيام|الاثنين|يوم الجمعة"),
        ("zh", "今天|明天|后天|3天后|星期一|这周五"),
        ("ja", "今日|明日|明後日|3日後|月曜日|今週の金曜日"),
    ];
    let days = ["2024-11-20", "2024-11-21", "2024-11-22", "2024-11-23", "2024-11-25", "2024-11-22"];
    for (lang, texts) in cases {
        for (text, expected) in texts.split('|').zip(days) {
            wrong.note(
                &read(lang, None, text).dates,
                &Some(span(expected, None)),
                &format!("{lang} {text}"),
            );
        }
    }
}

#[test]
fn spans() {
    let mut wrong = Wrong::default();
    let cases = [
        ("fr", "du 24/12 au 08/01", "2024-12-24", "2025-01-08"),
        ("fr", "du 24/12/2024 au 08/01/2025", "2024-12-24", "2025-01-08"),
        ("fr", "24-31 décembre", "2024-12-24", "2024-12-31"),
        ("fr", "du 24 au 31 décembre", "2024-12-24", "2024-12-31"),
        ("fr", "Vacances du 24 décembre au 2 janvier", "2024-12-24", "2025-01-02"),
        ("fr", "la semaine prochaine", "2024-11-25", "2024-12-01"),
        ("en", "from 24 to 31 December", "2024-12-24", "2024-12-31"),
        ("en", "December 24 - January 8", "2024-12-24", "2025-01-08"),
        ("en", "between December 24 and December 31", "2024-12-24", "2024-12-31"),
        ("en", "24/12 - 08/01", "2024-12-24", "2025-01-08"),
        ("en", "next month", "2024-12-01", "2024-12-31"),
        ("de", "24.12.-08.01.", "2024-12-24", "2025-01-08"),
        ("de", "vom 24. bis 31. Dezember", "2024-12-24", "2024-12-31"),
        ("de", "24.12.2024 bis 8.1.2025", "2024-12-24", "2025-01-08"),
        ("es", "del 24 al 31 de diciembre", "2024-12-24", "2024-12-31"),
        ("it", "dal 24 al 31 dicembre", "2024-12-24", "2024-12-31"),
        ("pt", "de 24 a 31 de dezembro", "2024-12-24", "2024-12-31"),
        ("nl", "van 24 tot 31 december", "2024-12-24", "2024-12-31"),
        ("nl", "24 t/m 31 december", "2024-12-24", "2024-12-31"),
        ("pl", "od 24.12 do 8.01", "2024-12-24", "2025-01-08"),
        ("en", "May 3-10, 2025", "2025-05-03", "2025-05-10"),
        ("en", "from today to tomorrow", "2024-11-20", "2024-11-21"),
        ("en", "Friday to Monday", "2024-11-22", "2024-11-25"),
        ("pl", "od 24 do 31 grudnia", "2024-12-24", "2024-12-31"),
        ("ru", "с 24 по 31 декабря", "2024-12-24", "2024-12-31"),
        ("tr", "24 Aralık - 31 Aralık", "2024-12-24", "2024-12-31"),
        ("ar", "من 24 إلى 31 ديسمبر", "2024-12-24", "2024-12-31"),
        ("zh", "12月24日到12月31日", "2024-12-24", "2024-12-31"),
        ("zh", "12月24日至31日", "2024-12-24", "2024-12-31"),
        ("ja", "12月24日から12月31日まで", "2024-12-24", "2024-12-31"),
        ("ja", "12月24日～31日", "2024-12-24", "2024-12-31"),
    ];
    for (lang, text, start, end) in cases {
        wrong.note(
            &read(lang, None, text).dates,
            &Some(span(start, Some(end))),
            &format!("{lang} {text}"),
        );
    }
}

#[test]
fn digits_are_read_by_country_then_language_else_asked() {
    let mut wrong = Wrong::default();
    let cases = [
        ("en", Some("US"), "03/04/2025", Some("2025-03-04")),
        ("en", Some("GB"), "03/04/2025", Some("2025-04-03")),
        ("en", Some("US"), "24/12/2024", Some("2024-12-24")),
        ("en", Some("CA"), "03/04/2025", None),
        ("fr", None, "03/04/2025", Some("2025-04-03")),
        ("fr", Some("US"), "03/04/2025", Some("2025-03-04")),
        ("en", None, "03/04/2025", None),
        ("en", None, "04/04/2025", Some("2025-04-04")),
        ("en", None, "2025-03-04", Some("2025-03-04")),
        ("ja", None, "3/4", Some("2025-03-04")),
        ("hu", None, "3/4", Some("2025-03-04")),
        ("ja", None, "私は3-7-27に戻ります", None),
        ("", None, "03/04", None),
        ("sv", None, "03/04", Some("2025-04-03")),
    ];
    for (lang, country, text, expected) in cases {
        let read = read(lang, country, text);
        wrong.note(
            &read.dates,
            &expected.map(|d| span(d, None)),
            &format!("{lang} {country:?} {text}"),
        );
        wrong.note(&read.ambiguous, &expected.is_none(), &format!("{lang} {country:?} {text}"));
        wrong.note(
            &read.candidates.len(),
            &if read.ambiguous { 2 } else { 0 },
            &format!("{lang} {text}"),
        );
    }
}

#[test]
fn a_weekday_that_contradicts_is_asked() {
    let read = read("fr", None, "lundi 24 décembre 2024");
    assert!(read.ambiguous && read.dates.is_none());
    assert_eq!(read.candidates, vec![span("2024-12-24", None), span("2024-12-23", None)]);
}

#[test]
fn what_is_no_date() {
    let mut wrong = Wrong::default();
    let cases = [
        ("fr", "31/02"),
        ("fr", "31/02/2025"),
        ("fr", "30 février"),
        ("fr", "99/99"),
        ("fr", "bonjour"),
        ("en", "31 June 2024"),
        ("en", "+33 6 12 34 56 78"),
        ("en", "Are you open 24/7 or not"),
        ("en", "It costs 12.5 euros"),
        ("en", "may I come in"),
        ("de", "Guten Morgen"),
        ("fr", "10:30"),
        ("ru", "да"),
        ("fr", "je ne sais pas"),
        ("en", "please set up a call sometime on Friday 7.6 with Jim"),
        ("en", ""),
        ("en", "1.2.3.4"),
    ];
    for (lang, text) in cases {
        let read = read(lang, None, text);
        wrong.note(&(read.dates, read.ambiguous), &(None, false), &format!("{lang} {text}"));
    }
}

#[test]
fn years() {
    let mut wrong = Wrong::default();
    let cases = [
        ("19/11", "2025-11-19"),
        ("20/11", "2024-11-20"),
        ("01/01/24", "2024-01-01"),
        ("24/12/2019", "2019-12-24"),
        ("29/02", "2028-02-29"),
        ("29 février", "2028-02-29"),
    ];
    for (text, expected) in cases {
        wrong.note(&read("fr", None, text).dates, &Some(span(expected, None)), text);
    }
}

#[test]
fn other_languages_of_the_conversation_are_read_too() {
    let mut wrong = Wrong::default();
    for text in
        ["24 December 2024", "24. Dezember 2024", "24 декабря 2024", "12月24日", "24 grudnia 2024"]
    {
        wrong.note(&read("fr", None, text).dates, &Some(span("2024-12-24", None)), text);
    }
}

#[test]
fn today_is_the_business_s() {
    let ctx = Context {
        language: Lang::parse("fr"),
        now: "2024-11-20T23:30:00Z".parse().expect("a time"),
        timezone: chrono_tz::Europe::Paris,
        country: None,
        default_language: None,
    };
    assert_eq!(understand("demain", &ctx).dates, Some(span("2024-11-22", None)));
}

proptest::proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,80}", lang in "(en|fr|ja|ar|zh|tr)") {
        let _ = read(&lang, None, &text);
    }

    #[test]
    fn never_panics_on_near_dates(text in "[0-9/. 年月日à\\-auditnéмч:]{0,24}") {
        let _ = read("fr", None, &text);
        let _ = read("zh", None, &text);
    }

    #[test]
    fn written_dates_read_back(days in 0_i64..3000, language in 0_usize..13, form in 0_usize..4) {
        let date = day("2024-11-20") + chrono::Duration::days(days);
        let table = crate::tables::TABLES[language];
        let lang = table.lang.as_str();
        let text = write(date, table, form);
        proptest::prop_assert_eq!(read(lang, None, &text).dates, Some(DateSpan { start: date, end: None }), "{} {}", lang, text);
    }
}

/// The date as people write it: ISO, digits, with the month's name, with its weekday.
fn write(date: NaiveDate, table: &crate::tables::Table, form: usize) -> String {
    use chrono::Datelike;
    let (y, m, d) = (date.year(), date.month(), date.day());
    let first = |forms: &str| forms.split('|').find(|f| !f.ends_with('*')).map(str::to_owned);
    let month = first(table.months[m as usize - 1]).unwrap_or_default();
    let weekday =
        first(table.weekdays[date.weekday().num_days_from_monday() as usize]).unwrap_or_default();
    match (form, table.lang.as_str()) {
        (1, "zh" | "ja") => format!("{y}/{m}/{d}"),
        (1, "en") | (0, _) => format!("{y}-{m:02}-{d:02}"),
        (1, _) => format!("{d:02}/{m:02}/{y}"),
        (2, "zh" | "ja") => format!("{y}年{m}月{d}日"),
        (3, "zh" | "ja") => format!("{y}年{m}月{d}日{weekday}"),
        (2, _) if !month.is_empty() => format!("{d} {month} {y}"),
        (3, _) if !month.is_empty() => format!("{weekday} {d} {month} {y}"),
        _ => format!("{d:02}.{m:02}.{y}"),
    }
}
