vacation-trigger = Urlaub

## Der Urlaubsdialog, mit dem Inhaber

vacation-ask-start = An welchem Tag beginnt Ihr Urlaub?
vacation-ask-end = Perfekt. Und wann endet er?
vacation-confirm = Bitte bestätigen Sie: vom { $start } bis zum { $end } (✅ zum Speichern, ❌ zum Abbrechen).
vacation-saved = Gespeichert! Wir wünschen Ihnen einen schönen Urlaub.
vacation-cancelled = Abgebrochen. Es wurde nichts gespeichert.
vacation-misread-date = { $asked ->
        [start] Das konnte ich nicht als ersten Urlaubstag lesen.
       *[end] Das konnte ich nicht als letzten Urlaubstag lesen.
    } Bitte schreiben Sie das Datum so: { $iso } oder { $long }.
vacation-ambiguous-date = Das lässt sich auf zwei Arten lesen: { $first } oder { $second }. Was meinen Sie? Bitte schreiben Sie es so wie hier.
vacation-end-before-start = Das Ende ({ $end }) liegt vor dem Beginn ({ $start }). Wann endet Ihr Urlaub?
vacation-overlap = Sie haben bereits Urlaub vom { $start } bis zum { $end }. Welchen anderen Beginn wünschen Sie?
vacation-remind-start = Zurück zu Ihrem Urlaub: An welchem Tag beginnt er? (❌ zum Abbrechen)
vacation-remind-end = Zurück zu Ihrem Urlaub ab dem { $start }: Wann endet er? (❌ zum Abbrechen)
vacation-remind-confirm = Zurück zu Ihrem Urlaub: vom { $start } bis zum { $end }? (✅ zum Speichern, ❌ zum Abbrechen)
date-range = { $start } bis { $end }

## Urlaub, für Kontakte

vacation-only-owner = Es tut mir leid, Urlaubstage kann nur der Inhaber eintragen. Wenn Sie eine Frage haben, helfe ich Ihnen gern.
vacation-notice = Wir sind im Urlaub und ab dem { $back } wieder für Sie da. Vielen Dank für Ihre Geduld.

## Antworten

answer-unknown-handoff = Das kann ich Ihnen leider nicht beantworten. Eine Person wird Ihnen antworten.
answer-unknown = Das kann ich Ihnen leider nicht beantworten.
owner-question =
    { $name } fragt: „{ $question }“
    Ich konnte das nicht beantworten; bitte antworten Sie selbst.
owner-question-nameless =
    Ein Kontakt fragt: „{ $question }“
    Ich konnte das nicht beantworten; bitte antworten Sie selbst.
answer-language = { $language ->
        [en] Unsere Antwort ist auf Englisch:
        [fr] Unsere Antwort ist auf Französisch:
        [de] Unsere Antwort ist auf Deutsch:
        [es] Unsere Antwort ist auf Spanisch:
        [it] Unsere Antwort ist auf Italienisch:
        [pt] Unsere Antwort ist auf Portugiesisch:
        [nl] Unsere Antwort ist auf Niederländisch:
        [pl] Unsere Antwort ist auf Polnisch:
        [ru] Unsere Antwort ist auf Russisch:
        [tr] Unsere Antwort ist auf Türkisch:
        [ar] Unsere Antwort ist auf Arabisch:
        [zh] Unsere Antwort ist auf Chinesisch:
        [ja] Unsere Antwort ist auf Japanisch:
       *[other] Unsere Antwort ist in einer anderen Sprache:
    }
clarify = Ich bin nicht sicher, ob ich Sie richtig verstehe. Könnten Sie Ihre Frage anders stellen oder etwas ergänzen?

## Nachrichten, die nicht bearbeitet werden können

media-not-understood = Es tut mir leid, ich kann nur Text lesen. Könnten Sie mir Ihre Nachricht bitte schreiben?
apology = Es tut uns leid, wir konnten Ihre Nachricht nicht bearbeiten. Bitte senden Sie sie noch einmal oder formulieren Sie sie anders.
replay-too-late = Wir konnten Ihre Nachricht von { $time } Uhr nicht bearbeiten; bitte senden Sie sie noch einmal, falls sie noch wichtig ist.
replay-too-late-dated = Wir konnten Ihre Nachricht vom { $date }, { $time } Uhr, nicht bearbeiten; bitte senden Sie sie noch einmal, falls sie noch wichtig ist.
too-many-messages = Sie haben sehr viele Nachrichten gesendet. Ich kann Ihnen in { $minutes ->
        [one] { $minutes } Minute
       *[other] { $minutes } Minuten
    } wieder antworten.

## Hilfe und Inhaberschaft

help-contact = Guten Tag! Stellen Sie mir Ihre Frage, zum Beispiel zu Öffnungszeiten, Preisen oder Leistungen.
help-owner = Guten Tag! Schreiben Sie „{ vacation-trigger }“, um freie Tage einzutragen, oder stellen Sie eine Frage, um zu sehen, was Ihre Kunden erfahren.
now-owner = Sie sind jetzt hier Inhaber. Schreiben Sie „{ vacation-trigger }“, um freie Tage einzutragen.
link-expired = Dieser Link wurde bereits verwendet oder ist abgelaufen. Bitte fordern Sie einen neuen an.
