vacation-trigger = Férias

## O diálogo das férias, com o proprietário

vacation-ask-start = Qual é a data de início das suas férias?
vacation-ask-end = Perfeito. E quando terminam?
vacation-confirm = Por favor, confirme: de { $start } a { $end } (✅ para salvar, ❌ para cancelar).
vacation-saved = Salvo! Aproveite as suas férias.
vacation-cancelled = Cancelado. Nada foi salvo.
vacation-misread-date = { $asked ->
        [start] Não consegui ler a data de início das suas férias.
       *[end] Não consegui ler a data de término das suas férias.
    } Por favor, escreva assim: { $iso } ou { $long }.
vacation-ambiguous-date = Isto pode ser lido de duas maneiras: { $first } ou { $second }. Qual é a correta? Por favor, escreva como aqui.
vacation-end-before-start = O fim ({ $end }) é anterior ao início ({ $start }). Quando terminam as suas férias?
vacation-overlap = Já existem férias de { $start } a { $end }. Que outra data de início prefere?
vacation-remind-start = Voltando às suas férias: qual é a data de início? (❌ para cancelar)
vacation-remind-end = Voltando às suas férias a partir de { $start }: quando terminam? (❌ para cancelar)
vacation-remind-confirm = Voltando às suas férias: de { $start } a { $end }? (✅ para salvar, ❌ para cancelar)
date-range = de { $start } a { $end }

## As férias, aos contatos

vacation-only-owner = Lamento, só o proprietário pode reservar dias de férias. Se tiver alguma pergunta, terei todo o gosto em ajudar.
vacation-notice = Estamos de férias e voltaremos em { $back }. Agradecemos a sua paciência.

## Respostas

answer-unknown-handoff = Não sei responder a isso. Uma pessoa irá responder.
answer-unknown = Lamento, não sei responder a isso.
owner-question =
    { $name } pergunta: “{ $question }”
    Não soube responder; por favor, responda diretamente.
owner-question-nameless =
    Um contato pergunta: “{ $question }”
    Não soube responder; por favor, responda diretamente.
answer-language = { $language ->
        [en] A nossa resposta está em inglês:
        [fr] A nossa resposta está em francês:
        [de] A nossa resposta está em alemão:
        [es] A nossa resposta está em espanhol:
        [it] A nossa resposta está em italiano:
        [pt] A nossa resposta está em português:
        [nl] A nossa resposta está em holandês:
        [pl] A nossa resposta está em polonês:
        [ru] A nossa resposta está em russo:
        [tr] A nossa resposta está em turco:
        [ar] A nossa resposta está em árabe:
        [zh] A nossa resposta está em chinês:
        [ja] A nossa resposta está em japonês:
       *[other] A nossa resposta está em outro idioma:
    }
clarify = Não tenho certeza se entendi. Poderia reformular a pergunta ou acrescentar um detalhe?

## Mensagens que não podem ser tratadas

media-not-understood = Lamento, só consigo ler texto. Poderia escrever a sua mensagem, por favor?
apology = Lamentamos, não conseguimos tratar a sua mensagem. Por favor, envie-a novamente ou escreva-a de outra forma.
replay-too-late = Não conseguimos tratar a sua mensagem das { $time }; por favor, envie-a novamente se ainda for importante.
replay-too-late-dated = Não conseguimos tratar a sua mensagem de { $date }, { $time }; por favor, envie-a novamente se ainda for importante.
too-many-messages = Recebi muitas mensagens suas. Poderei responder novamente em { $minutes ->
        [one] { $minutes } minuto
       *[other] { $minutes } minutos
    }.

## Ajuda e propriedade

help-contact = Olá! Faça a sua pergunta, por exemplo sobre horários, preços ou serviços.
help-owner = Olá! Escreva “{ vacation-trigger }” para reservar dias de folga, ou faça uma pergunta para ver o que é respondido aos seus clientes.
now-owner = A partir de agora, esta conversa é a de um proprietário. Escreva “{ vacation-trigger }” para reservar dias de folga.
link-expired = Este link já foi usado ou expirou. Por favor, solicite um novo.
