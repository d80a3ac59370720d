vacation-trigger = Ferie

## Il dialogo delle ferie, con il titolare

vacation-ask-start = Qual è la data di inizio delle Sue ferie?
vacation-ask-end = Perfetto. E quando finiscono?
vacation-confirm = La prego di confermare: dal { $start } al { $end } (✅ per salvare, ❌ per annullare).
vacation-saved = Salvato! Buone ferie.
vacation-cancelled = Annullato. Non è stato salvato nulla.
vacation-misread-date = { $asked ->
        [start] Non è stato possibile leggere la data di inizio delle Sue ferie.
       *[end] Non è stato possibile leggere la data di fine delle Sue ferie.
    } La scriva così, per favore: { $iso } o { $long }.
vacation-ambiguous-date = Si può leggere in due modi: { $first } oppure { $second }. Qual è quello giusto? Lo scriva come qui, per favore.
# No article before a date in words: it would be "l’" before 8 and 11.
vacation-end-before-start = La fine ({ $end }) viene prima dell’inizio ({ $start }). Quando finiscono le Sue ferie?
vacation-overlap = Ha già delle ferie in questi giorni: { $start } – { $end }. Quale altra data di inizio desidera?
vacation-remind-start = Torniamo alle Sue ferie: qual è la data di inizio? (❌ per annullare)
vacation-remind-end = Torniamo alle Sue ferie (inizio: { $start }): quando finiscono? (❌ per annullare)
vacation-remind-confirm = Torniamo alle Sue ferie: dal { $start } al { $end }? (✅ per salvare, ❌ per annullare)
date-range = { $start } – { $end }

## Le ferie, ai contatti

vacation-only-owner = Mi dispiace, solo il titolare può inserire giorni di ferie. Se ha una domanda, La aiuterò volentieri.
vacation-notice = Siamo in ferie e torneremo a Sua disposizione in data { $back }. Grazie per la pazienza.

## Risposte

answer-unknown-handoff = Non conosco la risposta. Le risponderà una persona.
answer-unknown = Mi dispiace, non conosco la risposta.
owner-question =
    { $name } chiede: «{ $question }»
    Non ho saputo rispondere; La prego di rispondere personalmente.
owner-question-nameless =
    Un contatto chiede: «{ $question }»
    Non ho saputo rispondere; La prego di rispondere personalmente.
answer-language = { $language ->
        [en] La nostra risposta è in inglese:
        [fr] La nostra risposta è in francese:
        [de] La nostra risposta è in tedesco:
        [es] La nostra risposta è in spagnolo:
        [it] La nostra risposta è in italiano:
        [pt] La nostra risposta è in portoghese:
        [nl] La nostra risposta è in olandese:
        [pl] La nostra risposta è in polacco:
        [ru] La nostra risposta è in russo:
        [tr] La nostra risposta è in turco:
        [ar] La nostra risposta è in arabo:
        [zh] La nostra risposta è in cinese:
        [ja] La nostra risposta è in giapponese:
       *[other] La nostra risposta è in un’altra lingua:
    }
clarify = Forse non ho capito bene. Potrebbe riformulare la domanda o aggiungere un dettaglio?

## Messaggi che non si possono elaborare

media-not-understood = Mi dispiace, posso leggere solo testo. Potrebbe scrivere il Suo messaggio, per favore?
apology = Ci dispiace, non siamo riusciti a elaborare il Suo messaggio. La preghiamo di inviarlo di nuovo o di scriverlo in altro modo.
replay-too-late = Non siamo riusciti a elaborare il Suo messaggio delle { $time }; La preghiamo di inviarlo di nuovo, se è ancora importante.
replay-too-late-dated = Non siamo riusciti a elaborare il Suo messaggio (data: { $date }, ore { $time }); La preghiamo di inviarlo di nuovo, se è ancora importante.
too-many-messages = Ha inviato molti messaggi. Potrò risponderLe di nuovo tra { $minutes ->
        [one] { $minutes } minuto
       *[other] { $minutes } minuti
    }.

## Aiuto e titolarità

help-contact = Buongiorno! Mi faccia la Sua domanda, per esempio su orari, prezzi o servizi.
help-owner = Buongiorno! Scriva «{ vacation-trigger }» per inserire i giorni di ferie, oppure faccia una domanda per vedere che cosa viene risposto ai Suoi clienti.
now-owner = Ora Lei è titolare qui. Scriva «{ vacation-trigger }» per inserire i giorni di ferie.
link-expired = Questo link è già stato usato o è scaduto. La preghiamo di richiederne uno nuovo.
