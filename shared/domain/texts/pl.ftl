vacation-trigger = Urlop

## Rozmowa o urlopie, z właścicielem

vacation-ask-start = Jaka jest data rozpoczęcia urlopu?
vacation-ask-end = Świetnie. A kiedy urlop się kończy?
vacation-confirm = Proszę o potwierdzenie: od { $start } do { $end } (✅ – zapisz, ❌ – anuluj).
vacation-saved = Zapisano! Życzymy udanego urlopu.
vacation-cancelled = Anulowano. Nic nie zostało zapisane.
vacation-misread-date = { $asked ->
        [start] Nie udało mi się odczytać daty rozpoczęcia urlopu.
       *[end] Nie udało mi się odczytać daty zakończenia urlopu.
    } Proszę zapisać ją tak: { $iso } albo { $long }.
vacation-ambiguous-date = Można to odczytać na dwa sposoby: { $first } albo { $second }. Który jest właściwy? Proszę zapisać datę tak jak tutaj.
vacation-end-before-start = Koniec ({ $end }) wypada przed początkiem ({ $start }). Kiedy urlop się kończy?
vacation-overlap = Jest już zapisany urlop od { $start } do { $end }. Jaka inna data rozpoczęcia odpowiada?
vacation-remind-start = Wróćmy do urlopu: jaka jest data rozpoczęcia? (❌ – anuluj)
vacation-remind-end = Wróćmy do urlopu od { $start }: kiedy się kończy? (❌ – anuluj)
vacation-remind-confirm = Wróćmy do urlopu: od { $start } do { $end }? (✅ – zapisz, ❌ – anuluj)
date-range = od { $start } do { $end }

## Urlop, do kontaktów

vacation-only-owner = Przepraszam, tylko właściciel może zapisywać dni urlopu. W razie pytań chętnie pomogę.
vacation-notice = Jesteśmy na urlopie i wracamy { $back }. Dziękujemy za cierpliwość.

## Odpowiedzi

answer-unknown-handoff = Nie znam odpowiedzi na to pytanie. Odpowie na nie nasz pracownik.
answer-unknown = Przepraszam, nie znam odpowiedzi na to pytanie.
owner-question =
    { $name } pyta: „{ $question }”
    Nie znam odpowiedzi; proszę odpowiedzieć osobiście.
owner-question-nameless =
    Pytanie od kontaktu: „{ $question }”
    Nie znam odpowiedzi; proszę odpowiedzieć osobiście.
answer-language = { $language ->
        [en] Nasza odpowiedź jest po angielsku:
        [fr] Nasza odpowiedź jest po francusku:
        [de] Nasza odpowiedź jest po niemiecku:
        [es] Nasza odpowiedź jest po hiszpańsku:
        [it] Nasza odpowiedź jest po włosku:
        [pt] Nasza odpowiedź jest po portugalsku:
        [nl] Nasza odpowiedź jest po niderlandzku:
        [pl] Nasza odpowiedź jest po polsku:
        [ru] Nasza odpowiedź jest po rosyjsku:
        [tr] Nasza odpowiedź jest po turecku:
        [ar] Nasza odpowiedź jest po arabsku:
        [zh] Nasza odpowiedź jest po chińsku:
        [ja] Nasza odpowiedź jest po japońsku:
       *[other] Nasza odpowiedź jest w innym języku:
    }
clarify = Nie mam pewności, o co chodzi. Czy można sformułować pytanie inaczej albo dodać szczegół?

## Wiadomości, których nie da się obsłużyć

media-not-understood = Przepraszam, mogę czytać tylko tekst. Proszę napisać wiadomość.
apology = Przepraszamy, nie udało się obsłużyć tej wiadomości. Proszę wysłać ją ponownie albo sformułować inaczej.
replay-too-late = Nie udało się obsłużyć wiadomości z godziny { $time }; jeśli nadal jest ważna, proszę wysłać ją ponownie.
replay-too-late-dated = Nie udało się obsłużyć wiadomości z { $date }, godz. { $time }; jeśli nadal jest ważna, proszę wysłać ją ponownie.
too-many-messages = Otrzymaliśmy bardzo dużo wiadomości. Kolejna odpowiedź będzie możliwa za { $minutes ->
        [one] { $minutes } minutę
        [few] { $minutes } minuty
       *[many] { $minutes } minut
    }.

## Pomoc i własność

help-contact = Dzień dobry! Proszę zadać pytanie, na przykład o godziny otwarcia, ceny lub usługi.
help-owner = Dzień dobry! Proszę napisać „{ vacation-trigger }”, aby zapisać dni wolne, albo zadać pytanie, aby zobaczyć, co otrzymują klienci.
now-owner = Ta rozmowa ma teraz uprawnienia właściciela. Proszę napisać „{ vacation-trigger }”, aby zapisać dni wolne.
link-expired = Ten link został już użyty lub wygasł. Proszę poprosić o nowy.
