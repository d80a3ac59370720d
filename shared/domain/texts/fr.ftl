vacation-trigger = Vacances

## Le dialogue des congés, avec un propriétaire

vacation-ask-start = Quelle est la date de début de vos congés ?
vacation-ask-end = Parfait. Et quand se termine-t-il ?
vacation-confirm = Merci de confirmer : du { $start } au { $end } (✅ pour enregistrer, ❌ pour annuler).
vacation-saved = Enregistré ! Profitez de vos congés.
vacation-cancelled = C’est annulé. Rien n’a été enregistré.
vacation-misread-date = { $asked ->
        [start] Je n’ai pas reconnu la date de début de vos congés.
       *[end] Je n’ai pas reconnu la date de fin de vos congés.
    } Merci de l’écrire ainsi : { $iso } ou { $long }.
vacation-ambiguous-date = Cela peut se lire de deux façons : { $first } ou { $second }. Laquelle est la bonne ? Merci de l’écrire comme ici.
vacation-end-before-start = La fin ({ $end }) est avant le début ({ $start }). Quand se terminent vos congés ?
vacation-overlap = Vous avez déjà des congés du { $start } au { $end }. Quelle autre date de début souhaitez-vous ?
vacation-remind-start = Revenons à vos congés : quelle est la date de début ? (❌ pour annuler)
vacation-remind-end = Revenons à vos congés à partir du { $start } : quand se terminent-ils ? (❌ pour annuler)
vacation-remind-confirm = Revenons à vos congés : du { $start } au { $end } ? (✅ pour enregistrer, ❌ pour annuler)
date-range = du { $start } au { $end }

## Les congés, aux contacts

vacation-only-owner = Désolé, seul le propriétaire peut bloquer des jours de congés. Si vous avez une question, je vous répondrai avec plaisir.
vacation-notice = Nous sommes en congés et de retour le { $back }. Merci de votre patience.

## Réponses

answer-unknown-handoff = Je ne connais pas la réponse. Une personne vous répondra.
answer-unknown = Désolé, je ne connais pas la réponse.
owner-question =
    { $name } demande : « { $question } »
    Je n’ai pas su répondre ; merci de lui répondre vous-même.
owner-question-nameless =
    Un contact demande : « { $question } »
    Je n’ai pas su répondre ; merci de lui répondre vous-même.
answer-language = { $language ->
        [en] Notre réponse est en anglais :
        [fr] Notre réponse est en français :
        [de] Notre réponse est en allemand :
        [es] Notre réponse est en espagnol :
        [it] Notre réponse est en italien :
        [pt] Notre réponse est en portugais :
        [nl] Notre réponse est en néerlandais :
        [pl] Notre réponse est en polonais :
        [ru] Notre réponse est en russe :
        [tr] Notre réponse est en turc :
        [ar] Notre réponse est en arabe :
        [zh] Notre réponse est en chinois :
        [ja] Notre réponse est en japonais :
       *[other] Notre réponse est dans une autre langue :
    }
clarify = Je n’ai peut-être pas bien compris. Pourriez-vous reformuler votre question ou la préciser ?

## Messages qui ne peuvent pas être traités

media-not-understood = Désolé, je ne peux lire que du texte. Pourriez-vous écrire votre message ?
apology = Désolé, nous n’avons pas pu traiter votre message. Merci de le renvoyer ou de le formuler autrement.
replay-too-late = Nous n’avons pas pu traiter votre message de { $time } ; merci de le renvoyer s’il est toujours d’actualité.
replay-too-late-dated = Nous n’avons pas pu traiter votre message du { $date } à { $time } ; merci de le renvoyer s’il est toujours d’actualité.
too-many-messages = Vous avez envoyé beaucoup de messages. Je pourrai de nouveau vous répondre dans { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }.

## Aide et propriété

help-contact = Bonjour ! Posez-moi votre question, par exemple sur les horaires, les tarifs ou les services.
help-owner = Bonjour ! Écrivez « { vacation-trigger } » pour bloquer vos congés, ou posez une question pour voir ce qui est répondu à vos clients.
now-owner = Vous êtes désormais propriétaire ici. Écrivez « { vacation-trigger } » pour bloquer vos congés.
link-expired = Ce lien a déjà été utilisé ou a expiré. Merci d’en demander un nouveau.
