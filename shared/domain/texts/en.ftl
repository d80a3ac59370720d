# The word that starts the vacation dialogue; must be one that shared/language takes as a trigger.
vacation-trigger = Vacation

## The vacation dialogue, with an owner

vacation-ask-start = What is the start date of your vacation?
vacation-ask-end = Perfect. And when does it end?
# $start, $end: ISO dates
vacation-confirm = Please confirm: from { $start } to { $end } (✅ to save, ❌ to cancel).
vacation-saved = Saved! Enjoy your vacation.
vacation-cancelled = Cancelled. Nothing was saved.
# $asked: "start" or "end"; $iso, $long: the same example date
vacation-misread-date = { $asked ->
        [start] I could not read that as the start date of your vacation.
       *[end] I could not read that as the end date of your vacation.
    } Please write it like this: { $iso } or { $long }.
# $first, $second: dates or ranges in words
vacation-ambiguous-date = This can be read in two ways: { $first } or { $second }. Which one do you mean? Please write it as shown here.
# $start, $end: dates in words
vacation-end-before-start = The end ({ $end }) is before the start ({ $start }). When does your vacation end?
# $start, $end: dates in words
vacation-overlap = You already have a vacation from { $start } to { $end }. Which other start date would you like?
vacation-remind-start = Back to your vacation: what is its start date? (❌ to cancel)
# $start: a date in words
vacation-remind-end = Back to your vacation from { $start }: when does it end? (❌ to cancel)
# $start, $end: ISO dates
vacation-remind-confirm = Back to your vacation: from { $start } to { $end }? (✅ to save, ❌ to cancel)
# Between two dates in words
date-range = { $start } – { $end }

## Vacation, to contacts

vacation-only-owner = I am sorry, only the owner can block out vacation days. If you have a question, I will be glad to help.
# $back: the first day back, in words
vacation-notice = We are on vacation and will be back on { $back }. Thank you for your patience.

## Answers

answer-unknown-handoff = I don't know the answer to that. A person will answer you.
answer-unknown = I am sorry, I don't know the answer to that.
# $name: of a contact; $question: what the contact wrote
owner-question =
    { $name } asks: “{ $question }”
    I could not answer this; please reply to them yourself.
owner-question-nameless =
    A contact asks: “{ $question }”
    I could not answer this; please reply to them yourself.
# $language: a language tag
answer-language = { $language ->
        [en] Our answer is in English:
        [fr] Our answer is in French:
        [de] Our answer is in German:
        [es] Our answer is in Spanish:
        [it] Our answer is in Italian:
        [pt] Our answer is in Portuguese:
        [nl] Our answer is in Dutch:
        [pl] Our answer is in Polish:
        [ru] Our answer is in Russian:
        [tr] Our answer is in Turkish:
        [ar] Our answer is in Arabic:
        [zh] Our answer is in Chinese:
        [ja] Our answer is in Japanese:
       *[other] Our answer is in another language:
    }
clarify = I am not sure what you mean. Could you put your question differently or add a detail?

## Messages that cannot be handled

media-not-understood = I am sorry, I can only read text. Could you please write your message?
apology = I am sorry, we could not handle your message. Please send it again or put it differently.
# $time, $date: when the message came in, local time
replay-too-late = We could not handle your message of { $time }; please send it again if it still matters.
replay-too-late-dated = We could not handle your message of { $date }, { $time }; please send it again if it still matters.
# $minutes: a number
too-many-messages = You have sent a lot of messages. I will be able to answer again in { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }.

## Help and ownership

help-contact = Hello! Ask me your question, for example about opening hours, prices or services.
help-owner = Hello! Write “{ vacation-trigger }” to block out days off, or ask a question to see what your customers are told.
now-owner = You are now an owner here. Write “{ vacation-trigger }” to block out days off.
link-expired = This link has already been used or has expired. Please ask for a new one.
