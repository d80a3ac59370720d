vacation-trigger = Vakantie

## De vakantiedialoog, met de eigenaar

vacation-ask-start = Wat is de begindatum van uw vakantie?
vacation-ask-end = Prima. En wanneer eindigt uw vakantie?
vacation-confirm = Bevestig alstublieft: van { $start } tot en met { $end } (✅ om op te slaan, ❌ om te annuleren).
vacation-saved = Opgeslagen! Geniet van uw vakantie.
vacation-cancelled = Geannuleerd. Er is niets opgeslagen.
vacation-misread-date = { $asked ->
        [start] Ik kon de begindatum van uw vakantie niet lezen.
       *[end] Ik kon de einddatum van uw vakantie niet lezen.
    } Schrijf de datum alstublieft zo: { $iso } of { $long }.
vacation-ambiguous-date = Dit kan op twee manieren worden gelezen: { $first } of { $second }. Welke bedoelt u? Schrijf het alstublieft zoals hier.
vacation-end-before-start = Het einde ({ $end }) ligt vóór het begin ({ $start }). Wanneer eindigt uw vakantie?
vacation-overlap = U hebt al vakantie van { $start } tot en met { $end }. Welke andere begindatum wenst u?
vacation-remind-start = Terug naar uw vakantie: wat is de begindatum? (❌ om te annuleren)
vacation-remind-end = Terug naar uw vakantie vanaf { $start }: wanneer eindigt die? (❌ om te annuleren)
vacation-remind-confirm = Terug naar uw vakantie: van { $start } tot en met { $end }? (✅ om op te slaan, ❌ om te annuleren)
date-range = { $start } tot en met { $end }

## Vakantie, aan contacten

vacation-only-owner = Het spijt me, alleen de eigenaar kan vakantiedagen vastleggen. Als u een vraag hebt, help ik u graag.
vacation-notice = Wij zijn met vakantie en op { $back } weer terug. Dank u voor uw geduld.

## Antwoorden

answer-unknown-handoff = Daar weet ik het antwoord niet op. Een medewerker zal u antwoorden.
answer-unknown = Het spijt me, daar weet ik het antwoord niet op.
owner-question =
    { $name } vraagt: “{ $question }”
    Ik kon dit niet beantwoorden; wilt u zelf antwoorden?
owner-question-nameless =
    Een contact vraagt: “{ $question }”
    Ik kon dit niet beantwoorden; wilt u zelf antwoorden?
answer-language = { $language ->
        [en] Ons antwoord is in het Engels:
        [fr] Ons antwoord is in het Frans:
        [de] Ons antwoord is in het Duits:
        [es] Ons antwoord is in het Spaans:
        [it] Ons antwoord is in het Italiaans:
        [pt] Ons antwoord is in het Portugees:
        [nl] Ons antwoord is in het Nederlands:
        [pl] Ons antwoord is in het Pools:
        [ru] Ons antwoord is in het Russisch:
        [tr] Ons antwoord is in het Turks:
        [ar] Ons antwoord is in het Arabisch:
        [zh] Ons antwoord is in het Chinees:
        [ja] Ons antwoord is in het Japans:
       *[other] Ons antwoord is in een andere taal:
    }
clarify = Ik weet niet zeker of ik u goed begrijp. Kunt u uw vraag anders stellen of iets toevoegen?

## Berichten die niet verwerkt kunnen worden

media-not-understood = Het spijt me, ik kan alleen tekst lezen. Wilt u uw bericht alstublieft typen?
apology = Het spijt ons, we konden uw bericht niet verwerken. Stuur het alstublieft opnieuw of formuleer het anders.
replay-too-late = We konden uw bericht van { $time } uur niet verwerken; stuur het alstublieft opnieuw als het nog van belang is.
replay-too-late-dated = We konden uw bericht van { $date }, { $time } uur, niet verwerken; stuur het alstublieft opnieuw als het nog van belang is.
too-many-messages = U hebt veel berichten gestuurd. Ik kan u weer antwoorden over { $minutes ->
        [one] { $minutes } minuut
       *[other] { $minutes } minuten
    }.

## Hulp en eigenaarschap

help-contact = Goedendag! Stel me uw vraag, bijvoorbeeld over openingstijden, prijzen of diensten.
help-owner = Goedendag! Schrijf “{ vacation-trigger }” om vrije dagen vast te leggen, of stel een vraag om te zien wat uw klanten te horen krijgen.
now-owner = U bent hier nu eigenaar. Schrijf “{ vacation-trigger }” om vrije dagen vast te leggen.
link-expired = Deze link is al gebruikt of verlopen. Vraag alstublieft een nieuwe aan.
