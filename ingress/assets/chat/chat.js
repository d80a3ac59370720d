// The chat page. Parts: words.js (the page's own words), stream.js (the event stream), session.js, this file.
//
// What is shown = the business's messages, replayed by the server from the first, and the visitor's own,
// kept in this browser. An own message stands behind the last reply that was on the screen when it was written.
// All text goes in as textContent; nothing the server or the visitor writes is ever markup.

const WORD = WORDS[pickLanguage(navigator.languages ?? [navigator.language])];
const BODY_BYTES = 4096; // The server's cap; checked here so that the text is not lost to a 413.
const RESUME_MS = 10 * 60_000; // A message still unsent after that is offered again, not sent behind the visitor's back.
const TYPING_MS = 12_000;

const at = (id) => document.getElementById(id);
const log = at("log"), scroll = at("scroll"), text = at("text"), notice = at("notice");

/** Another visitor than before, because the old session ended: only what is being written goes along. */
function startOver() {
  memory.own = memory.own.filter((message) => message.state === "sending");
  for (const message of memory.own) message.after = 0;
  memory.seen = 0;
  replies.clear();
  log.replaceChildren();
  memory.own.forEach(showOwn);
  say("e401");
  followAgain();
}

// ---- Own messages ----------------------------------------------------------------------------

const unsent = []; // In the order written: the next leaves when the one before it is settled.
let sending = false;

function write(words, button) {
  const message = { cid: uuid(), text: words, button, at: Date.now(), after: memory.seen, state: "sending" };
  if (new TextEncoder().encode(JSON.stringify(bodyOf(message))).length > BODY_BYTES) {
    say("e413");
    return false;
  }
  memory.own.push(message);
  say(null);
  showOwn(message);
  settleButtons();
  toEnd();
  dispatch(message);
  return true;
}

function bodyOf({ cid, text, button }) {
  return { client_msg_id: cid, text, ...(button && { button }) };
}

async function dispatch(message) {
  message.state = "sending";
  unsent.push(message);
  remember();
  if (sending) return;
  sending = true;
  for (let next; (next = unsent[0]); unsent.shift()) {
    showState(next);
    const result = await post("/messages", bodyOf(next));
    next.state = result.ok ? "sent" : "failed";
    next.id = result.body?.id;
    next.final = FINAL.has(result.status);
    if (!result.ok) say(`e${result.status}`);
    showState(next);
    remember();
  }
  sending = false;
}

/** Version 4, made here because crypto.randomUUID is missing on plain-http hosts other than localhost. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// ---- What is on the screen -------------------------------------------------------------------

const replies = new Map(); // seq -> {event, node}
const shown = new Map(); // client_msg_id -> node

function make(tag, className, content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (content !== undefined) node.textContent = content;
  return node;
}

/** Puts a message at its place: replies by seq, own ones behind the reply they followed. */
function place(node, order) {
  node.order = order;
  const later = Array.from(log.children).reverse();
  const before = later.find((other) => compare(other.order, order) <= 0);
  if (before) before.after(node);
  else log.prepend(node);
  at("hello").hidden = true;
  if (atEnd) toEnd();
}

function compare(left, right) {
  return left.map((value, index) => value - right[index]).find((difference) => difference !== 0) ?? 0;
}

function bubble(side, who, words, language) {
  const node = make("div", `message ${side}`);
  const body = make("p", "text", words);
  body.dir = "auto";
  if (language) body.lang = language;
  node.append(make("span", "unseen", who), body);
  return node;
}

function showOwn(message) {
  const node = bubble("own", WORD.you, message.text, message.language);
  const state = make("p", "state");
  node.append(state);
  shown.set(message.cid, node);
  place(node, [message.after, 1, message.at]);
  showState(message);
}

function showState(message) {
  const state = shown.get(message.cid)?.querySelector(".state");
  if (!state) return;
  state.dataset.state = message.state;
  state.textContent = WORD[message.state];
  if (message.state !== "failed" || message.final) return;
  const retry = make("button", "retry", WORD.retry);
  retry.type = "button";
  retry.addEventListener("click", () => {
    say(null);
    dispatch(message);
    restFocus();
  });
  state.append(" ", retry);
}

function showReply(event) {
  if (replies.has(event.seq)) return;
  typing(false);
  const node = bubble("reply", `${at("title").textContent}:`, event.text, event.language);
  if (event.buttons?.length) node.append(buttonsOf(event));
  replies.set(event.seq, { event, node });
  place(node, [event.seq, 0, 0]);
  memory.seen = Math.max(memory.seen, event.seq);
  const asked = memory.own.find(({ cid, id }) => event.in_reply_to && (event.in_reply_to === cid || event.in_reply_to === id));
  if (asked && event.language) {
    asked.language = event.language; // The answer is in the language of the question.
    shown.get(asked.cid).querySelector(".text").lang = event.language;
  }
  settleButtons();
  remember();
}

function buttonsOf(event) {
  const group = make("div", "buttons");
  group.role = "group";
  for (const label of event.buttons) {
    const button = make("button", "answer", label);
    button.type = "button";
    const meaning = { "✅": "yes", "❌": "no" }[label];
    if (meaning) button.ariaLabel = `${label} ${(WORDS[event.language?.split("-")[0]] ?? WORD)[meaning]}`;
    button.addEventListener("click", () => {
      if (write(label, label)) restFocus();
    });
    group.append(button);
  }
  return group;
}

/** A button that goes away takes the focus along: put it where one goes on. On a phone the field would bring up the keyboard. */
function restFocus() {
  (matchMedia("(pointer: fine)").matches ? text : scroll).focus();
}

/** Buttons count once, and only those of the newest reply that has any. */
function settleButtons() {
  const newest = Math.max(...Array.from(replies.values(), ({ event }) => (event.buttons?.length ? event.seq : 0)));
  for (const { event, node } of replies.values()) {
    const used = memory.own.find((own) => own.after >= event.seq && event.buttons?.includes(own.text));
    for (const button of node.querySelectorAll(".answer")) {
      button.disabled = used !== undefined || event.seq !== newest;
      button.classList.toggle("used", used?.text === button.textContent && event.seq === newest);
    }
  }
}

// Who has scrolled up to read is left there; else the end stays in view, also when a phone's keyboard comes up.
let atEnd = true;
scroll.addEventListener("scroll", () => { atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80; });
new ResizeObserver(() => atEnd && toEnd()).observe(scroll);

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

let typingTimer;
function typing(on) {
  clearTimeout(typingTimer);
  at("typing").hidden = !on;
  if (on) typingTimer = setTimeout(() => typing(false), TYPING_MS);
  if (on && atEnd) toEnd();
}

/** One line above the field; `null` takes it away. */
function say(key) {
  notice.textContent = key === null ? "" : (WORD[key] ?? WORD.e503);
}

// ---- Start -----------------------------------------------------------------------------------

function openEvents(signal) {
  const since = Math.max(0, ...replies.keys());
  return withSession(() =>
    fetch(`${BASE}/events`, {
      signal, credentials: "same-origin", cache: "no-store",
      headers: headers({ Accept: "text/event-stream", ...(since > 0 && { "Last-Event-ID": String(since) }) }),
    }),
  );
}

function onEvent({ name, data }) {
  if (name === "typing") return typing(true);
  if (name !== "message") return;
  try {
    showReply(JSON.parse(data));
  } catch {
    // A form of message that this version of the page does not know.
  }
}

async function onRefused(status) {
  if (status === 401) await mendSession();
  if (status === 403 || status === 404) say(`e${status}`);
}

/** A one-time link makes this visitor an owner; the answer comes as a message. The token leaves the address bar. */
async function useOwnerLink() {
  const url = new URL(location.href);
  const link = url.searchParams.get("owner");
  if (!link) return;
  const result = await post("/session", { owner_link: link });
  if (!result.ok) say(`e${result.status}`);
  if (!result.ok && !FINAL.has(result.status)) return; // Not delivered: a reload tries again.
  url.searchParams.delete("owner");
  history.replaceState(null, "", url);
}

function speak() {
  document.documentElement.lang = pickLanguage(navigator.languages ?? [navigator.language]);
  document.documentElement.dir = document.documentElement.lang === "ar" ? "rtl" : "ltr";
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = WORD[node.dataset.word];
  for (const node of document.querySelectorAll("[data-word-label]")) node.ariaLabel = WORD[node.dataset.wordLabel];
  for (const node of document.querySelectorAll("[data-word-placeholder]")) node.placeholder = WORD[node.dataset.wordPlaceholder];
  at("mark").textContent = Array.from(at("title").textContent.trim())[0] ?? "";
}

function offerExamples() {
  let examples = [];
  try {
    examples = JSON.parse(document.body.dataset.examples).slice(0, 4);
  } catch {
    // None given.
  }
  for (const words of examples) {
    const chip = make("button", "chip", words);
    chip.type = "button";
    chip.dir = "auto";
    chip.addEventListener("click", () => {
      write(words);
      restFocus();
    });
    at("chips").append(chip);
  }
  at("chips").hidden = examples.length === 0;
  at("hello").hidden = memory.own.length > 0 || memory.seen > 0;
}

function submit() {
  const words = text.value.trim();
  if (words && write(words)) text.value = "";
  grow();
  text.focus();
}

function grow() {
  text.rows = 1;
  while (text.rows < 6 && text.scrollHeight > text.clientHeight) text.rows += 1;
}

at("write").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  // Enter that ends an input method's composition (Japanese, Chinese) is not "send"; 229 is Safari's way to say so.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});
addEventListener("storage", (event) => {
  if (event.key !== STORE || !event.newValue) return;
  for (const message of stored().own ?? []) {
    // Written, or settled, in another tab of the same conversation.
    const known = memory.own.find(({ cid }) => cid === message.cid);
    if (!known) memory.own.push(message);
    else if (!unsent.includes(known)) Object.assign(known, message);
    if (known) showState(known);
    else showOwn(message);
  }
  settleButtons();
});

speak();
offerExamples();
for (const message of memory.own) {
  if (message.state === "sending" && Date.now() - message.at > RESUME_MS) message.state = "failed";
  showOwn(message);
  if (message.state === "sending") dispatch(message);
}
const followAgain = followEvents({
  open: openEvents, onEvent, onRefused,
  onLost: (lost) => {
    at("offline").textContent = lost ? WORD.offline : "";
    // Only now are messages news: what the replay brings must not be read out.
    if (!lost) setTimeout(() => log.setAttribute("aria-busy", "false"), 1_000);
  },
});
addEventListener("online", followAgain);
addEventListener("pageshow", (event) => event.persisted && followAgain());
useOwnerLink();
if (matchMedia("(pointer: fine)").matches) text.focus();
