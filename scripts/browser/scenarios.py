"""What the chat page of the demo tenant must do. Each scenario is one visitor with a browser of their own."""
import time
from pathlib import Path

from stack.processes import Failure

from .chat_page import ChatPage, Message
from .chromium import SIZES, Browser
from .lumi_dev import Urls

# The conversation the seed prescribes, word for word.
FRENCH = [
    ("Vacances", "Quelle est la date de début de vos congés ?"),
    ("24/12/2024", "Parfait. Et quand se termine-t-il ?"),
    ("08/01/2025", "Merci de confirmer : du 2024-12-24 au 2025-01-08 (✅ pour enregistrer, ❌ pour annuler)."),
    ("✅", "Enregistré ! Profitez de vos congés."),
]
# Other days than the French ones: blocks of one tenant never overlap. It ends with a click on ✅ instead of typing.
RUSSIAN = [
    ("Отпуск", "Какого числа начинается ваш отпуск?"),
    ("10.02.2025", "Отлично. А когда он заканчивается?"),
    ("20.02.2025", "Подтвердите, пожалуйста: с 2025-02-10 по 2025-02-20 (✅ — сохранить, ❌ — отменить)."),
]
RUSSIAN_SAVED = "Сохранено! Хорошего вам отпуска."
# A question of the demo tenant's FAQs and its stored answer.
FAQ = ("À quelle heure ouvrez-vous ?", "Nous ouvrons à 9 h.")


def expect(condition: object, text: str) -> None:
    if not condition:
        raise Failure(text)


def check(reply: Message, text: str, expected: str, language: str) -> None:
    expect(reply.text == expected, f"“{text}” was answered “{reply.text}”, not “{expected}”")
    expect(reply.lang.split("-")[0] == language and reply.dir == "auto", f"the answer to “{text}” is marked lang={reply.lang!r} dir={reply.dir!r}")


def quiet(browser: Browser) -> None:
    complaints = browser.complaints()
    expect(not complaints, "the browser's console is not empty:\n" + "\n".join(complaints))


def customer_asks(urls: Urls, page: ChatPage, shots: Path | None) -> None:
    """An FAQ question gets the stored answer, is readable in every look, survives a reload and being offline."""
    page.open(urls.chat)
    expect(page.script("return document.documentElement.lang") == "fr", "the page is not in the first language of the browser")
    expect(page.driver.find_element("css selector", "h1").text.strip("_ ").lower() not in ("", "title"), "the page has no title")
    pictures(page, shots, "first")
    question, answer = FAQ
    check(page.answer_to(question), question, answer, "fr")
    page.wait(lambda: page.messages()[0].state == "sent", "the question to be marked as sent")
    reload_keeps(page, urls.chat)
    quiet(page.browser)
    offline_keeps(page)


def owner_dialogues(urls: Urls, page: ChatPage, shots: Path | None) -> None:
    """The one-time link makes an owner; the vacation dialogue works in French by typing and in Russian with a button."""
    page.open(urls.owner_link)
    page.wait(lambda: "owner=" not in page.driver.current_url, "the one-time link to leave the address bar")
    page.wait(page.messages, "the greeting of the new owner")
    for language, dialogue in (("fr", FRENCH), ("ru", RUSSIAN)):
        for text, expected in dialogue:
            check(page.answer_to(text), text, expected, language)
    expect(page.buttons() == {"✅": True, "❌": True}, f"the buttons are {page.buttons()}")
    pictures(page, shots, "confirm")
    count = len(page.messages())
    page.press("✅")
    check(page.reply_after(count, "the button ✅"), "the button ✅", RUSSIAN_SAVED, "ru")
    expect(page.buttons() == {"✅": False, "❌": False}, f"after use the buttons are {page.buttons()}")
    pictures(page, shots, "saved")
    reload_keeps(page, urls.chat)
    expect(page.buttons() == {"✅": False, "❌": False}, f"after a reload the buttons are {page.buttons()}")
    quiet(page.browser)


def right_to_left(urls: Urls, page: ChatPage, shots: Path | None) -> None:
    """An Arabic browser gets the page from right to left."""
    page.open(urls.chat)
    expect(page.script("return document.documentElement.dir") == "rtl", "the page does not run from right to left")
    pictures(page, shots, "arabic")
    quiet(page.browser)


def without_cookies(urls: Urls, page: ChatPage, shots: Path | None) -> None:
    """Where cookies and storage are refused one can chat all the same, until the page is left."""
    page.open(urls.chat)
    question, answer = FAQ
    check(page.answer_to(question), question, answer, "fr")
    expect(not page.driver.get_cookies(), "the browser took a cookie, so this test shows nothing")


def reload_keeps(page: ChatPage, url: str) -> None:
    def said() -> list[tuple]:
        return [(message.own, message.text, message.lang) for message in page.messages()]

    before = said()
    page.open(url)
    page.wait(lambda: len(page.messages()) >= len(before), f"the {len(before)} messages to come back after a reload")
    expect(said() == before, f"after a reload the conversation is\n{page.transcript()}\nbefore it was\n  {before}")


def offline_keeps(page: ChatPage) -> None:
    """A message written without a network is marked, sent by "try again", and answered once."""
    question, answer = FAQ
    count = len(page.messages())
    page.browser.offline(True)
    page.write(question)
    page.wait(lambda: page.messages()[-1].state == "failed", "an offline message to be marked as not sent")
    page.browser.offline(False)
    page.driver.find_element("css selector", "[role=log] .retry").click()
    check(page.reply_after(count, f"{question} (sent again)"), question, answer, "fr")
    time.sleep(1)  # A second answer would come at once.
    expect(len(page.messages()) == count + 2, f"one message and one answer were expected:\n{page.transcript()}")
    page.browser.complaints()  # The failed requests are in the console, as they should be.


def pictures(page: ChatPage, shots: Path | None, name: str) -> None:
    """The page is usable in every size and colour scheme; pictures of each when wanted."""
    for size in SIZES:
        for scheme in ("light", "dark"):
            page.browser.look(size, scheme)
            time.sleep(0.3)  # Messages fade in, and colours change, within 0.2 s.
            faults = page.audit()
            expect(not faults, f"{name}, {size}, {scheme}: " + "; ".join(faults))
            if shots:
                page.shot(shots / f"{name}-{size}-{scheme}.png")


# Scenario, and the visitor's browser. The owner goes first: a saved vacation of the past changes no answer.
ALL = [
    (owner_dialogues, {"languages": "en-GB,en"}),
    (customer_asks, {"languages": "fr-FR,fr,en"}),
    (right_to_left, {"languages": "ar,en"}),
    (without_cookies, {"languages": "fr", "cookies": False}),
]
