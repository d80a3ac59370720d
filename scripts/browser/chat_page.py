"""The chat page as a visitor uses it: by what is visible, by roles and by keys, not by how it is made."""
from dataclasses import dataclass
from pathlib import Path

from stack.processes import Failure, wait_until

from .chromium import Browser

READ = """
return Array.from(document.querySelectorAll('[role=log] .message'), (node) => {
  const body = node.querySelector('.text'), state = node.querySelector('.state');
  return { own: node.classList.contains('own'), text: body.textContent, lang: body.lang, dir: body.dir,
           state: state ? state.dataset.state : null };
});
"""
# Every visible control is at least 44 by 44 px and has a name; every visible text has a contrast of 4.5 (3 when large).
AUDIT = """
const visible = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !node.closest('.unseen');
const faults = [];
for (const node of document.querySelectorAll('button, textarea, input, a')) {
  if (!visible(node)) continue;
  const { width, height } = node.getBoundingClientRect();
  const name = node.ariaLabel || node.textContent.trim() || (node.labels && node.labels[0] && node.labels[0].textContent.trim());
  if (width < 44 || height < 44) faults.push(`${node.className || node.id}: ${width}x${height} px`);
  if (!name) faults.push(`${node.className || node.id}: no name`);
}
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const shine = (colour) => numbers(colour).slice(0, 3).map((c) => c / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor, [, , , alpha = 1] = numbers(colour);
    if (alpha === 1) return colour;
  }
  return 'rgb(255, 255, 255)';
};
for (const node of document.querySelectorAll('body *')) {
  const own = Array.from(node.childNodes).some((child) => child.nodeType === 3 && child.data.trim());
  if ((!own && node.tagName !== 'TEXTAREA') || !visible(node) || node.disabled || node.tagName === 'NOSCRIPT') continue;
  const style = getComputedStyle(node, node.tagName === 'TEXTAREA' ? '::placeholder' : null);
  const [light, dark] = [shine(style.color), shine(ground(node))].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05), large = parseFloat(style.fontSize) >= 24;
  if (ratio < (large ? 3 : 4.5)) faults.push(`${node.className || node.id || node.tagName}: contrast ${ratio.toFixed(2)}`);
}
const log = document.querySelector('[role=log]');
if (!log || log.getAttribute('aria-live') !== 'polite' || !log.ariaLabel) faults.push('the log is not announced politely, or has no name');
const page = document.documentElement;
if (page.scrollWidth > page.clientWidth || page.scrollHeight > page.clientHeight) faults.push('the page itself scrolls, not its conversation');
return faults;
"""


@dataclass(frozen=True)
class Message:
    own: bool
    text: str
    lang: str
    dir: str
    state: str | None


class ChatPage:
    def __init__(self, browser: Browser, patience: float = 20.0):
        self.browser = browser
        self.driver = browser.driver
        self.patience = patience  # Seconds to wait for an answer; generous, a test machine is busy.

    def open(self, url: str) -> None:
        self.driver.get(url)
        self.wait(lambda: self.script("return document.querySelector('[role=log]')?.getAttribute('aria-busy') === 'false'"), "the page to connect")

    def script(self, source: str, *arguments: object) -> object:
        return self.driver.execute_script(source, *arguments)

    def messages(self) -> list[Message]:
        return [Message(**found) for found in self.script(READ)]

    def write(self, text: str) -> None:
        """Types into the field, which must have the label of a field, and presses Enter."""
        from selenium.webdriver.common.keys import Keys

        self.driver.find_element("css selector", "textarea").send_keys(text, Keys.ENTER)

    def press(self, label: str) -> None:
        """Clicks the newest button below a reply with that label."""
        self.driver.find_elements("xpath", f"//*[@role='log']//button[normalize-space()='{label}']")[-1].click()

    def buttons(self) -> dict[str, bool]:
        """Label -> enabled, of the buttons below the newest reply that has any."""
        groups = self.driver.find_elements("css selector", "[role=log] [role=group]")
        return {button.text: button.is_enabled() for button in groups[-1].find_elements("tag name", "button")} if groups else {}

    def answer_to(self, text: str) -> Message:
        """Writes, and waits for the reply behind it."""
        before = len(self.messages())
        self.write(text)
        return self.reply_after(before, text)

    def reply_after(self, count: int, what: str) -> Message:
        def replies() -> list[Message]:
            return [message for message in self.messages()[count:] if not message.own]

        self.wait(replies, f"a reply to “{what}”")
        return replies()[-1]

    def wait(self, holds, what: str) -> None:
        if not wait_until(holds, self.patience):
            raise Failure(f"waited {self.patience:.0f} s for {what}")

    def audit(self) -> list[str]:
        return self.script(AUDIT)

    def shot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.script("document.querySelector('[role=log]')?.parentElement.scrollTo(0, 1e6)")
        self.driver.save_screenshot(str(path))

    def transcript(self) -> str:
        return "\n".join(f"  {'>' if message.own else '<'} {message.text}" for message in self.messages())
