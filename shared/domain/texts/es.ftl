vacation-trigger = Vacaciones

## El diálogo de las vacaciones, con el propietario

vacation-ask-start = ¿Cuál es la fecha de inicio de sus vacaciones?
vacation-ask-end = Perfecto. ¿Y cuándo terminan?
vacation-confirm = Por favor, confirme: del { $start } al { $end } (✅ para guardar, ❌ para cancelar).
vacation-saved = ¡Guardado! Disfrute de sus vacaciones.
vacation-cancelled = Cancelado. No se ha guardado nada.
vacation-misread-date = { $asked ->
        [start] No he podido leer la fecha de inicio de sus vacaciones.
       *[end] No he podido leer la fecha de fin de sus vacaciones.
    } Escríbala así, por favor: { $iso } o { $long }.
vacation-ambiguous-date = Esto se puede leer de dos maneras: { $first } o { $second }. ¿Cuál es la correcta? Escríbala, por favor, como aquí.
vacation-end-before-start = El final ({ $end }) es anterior al inicio ({ $start }). ¿Cuándo terminan sus vacaciones?
vacation-overlap = Ya tiene vacaciones del { $start } al { $end }. ¿Qué otra fecha de inicio desea?
vacation-remind-start = Volvamos a sus vacaciones: ¿cuál es la fecha de inicio? (❌ para cancelar)
vacation-remind-end = Volvamos a sus vacaciones a partir del { $start }: ¿cuándo terminan? (❌ para cancelar)
vacation-remind-confirm = Volvamos a sus vacaciones: ¿del { $start } al { $end }? (✅ para guardar, ❌ para cancelar)
date-range = del { $start } al { $end }

## Las vacaciones, a los contactos

vacation-only-owner = Lo siento, solo el propietario puede reservar días de vacaciones. Si tiene alguna pregunta, le ayudaré con mucho gusto.
vacation-notice = Estamos de vacaciones y volveremos el { $back }. Gracias por su paciencia.

## Respuestas

answer-unknown-handoff = No conozco la respuesta. Una persona le responderá.
answer-unknown = Lo siento, no conozco la respuesta.
owner-question =
    { $name } pregunta: «{ $question }»
    No he sabido responder; por favor, respóndale usted.
owner-question-nameless =
    Un contacto pregunta: «{ $question }»
    No he sabido responder; por favor, respóndale usted.
answer-language = { $language ->
        [en] Nuestra respuesta está en inglés:
        [fr] Nuestra respuesta está en francés:
        [de] Nuestra respuesta está en alemán:
        [es] Nuestra respuesta está en español:
        [it] Nuestra respuesta está en italiano:
        [pt] Nuestra respuesta está en portugués:
        [nl] Nuestra respuesta está en neerlandés:
        [pl] Nuestra respuesta está en polaco:
        [ru] Nuestra respuesta está en ruso:
        [tr] Nuestra respuesta está en turco:
        [ar] Nuestra respuesta está en árabe:
        [zh] Nuestra respuesta está en chino:
        [ja] Nuestra respuesta está en japonés:
       *[other] Nuestra respuesta está en otro idioma:
    }
clarify = Puede que no le haya entendido bien. ¿Podría formular su pregunta de otra manera o añadir algún detalle?

## Mensajes que no se pueden tratar

media-not-understood = Lo siento, solo puedo leer texto. ¿Podría escribir su mensaje, por favor?
apology = Lo sentimos, no hemos podido tratar su mensaje. Por favor, envíelo de nuevo o escríbalo de otra manera.
replay-too-late = No pudimos tratar su mensaje de las { $time }; por favor, envíelo de nuevo si todavía es importante.
replay-too-late-dated = No pudimos tratar su mensaje del { $date }, { $time } h; por favor, envíelo de nuevo si todavía es importante.
too-many-messages = Ha enviado muchos mensajes. Podré volver a responderle dentro de { $minutes ->
        [one] { $minutes } minuto
       *[other] { $minutes } minutos
    }.

## Ayuda y propiedad

help-contact = ¡Hola! Hágame su pregunta, por ejemplo sobre horarios, precios o servicios.
help-owner = ¡Hola! Escriba «{ vacation-trigger }» para reservar días libres, o haga una pregunta para ver qué se responde a sus clientes.
now-owner = Ahora es usted propietario aquí. Escriba «{ vacation-trigger }» para reservar días libres.
link-expired = Este enlace ya se ha utilizado o ha caducado. Por favor, solicite uno nuevo.
