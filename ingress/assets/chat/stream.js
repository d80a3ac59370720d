// Part of chat.js. The event stream, read with fetch: EventSource can neither send a Bearer token nor
// tell a refused request (401, 429, 503 with Retry-After) from a broken line.

const QUIET_MS = 45_000; // The server sends a comment every 15 s; three missed ones mean a dead line.
const LIVED_MS = 5_000; // A stream that lived this long was a real one: the next attempt may come at once.
const LONGEST_WAIT_MS = 30_000;
const SHOW_LOST_AFTER_MS = 1_500; // The server closes streams now and then; a quick return is not worth a word.

/**
 * Follows the stream for ever. `open(signal)` makes the request, `onEvent({name, id, data})` takes an event,
 * `onRefused(status)` may mend the cause (a new session), `onLost(boolean)` tells whether the line is down.
 * Returns `again()`: drop what there is and connect now.
 */
function followEvents({ open, onEvent, onRefused, onLost }) {
  let again = () => {};
  const follow = async () => {
    let failures = 0;
    for (;;) {
      if (failures > 0) onLost(true);
      const slow = setTimeout(() => onLost(true), SHOW_LOST_AFTER_MS);
      const control = new AbortController();
      again = () => control.abort();
      const began = Date.now();
      const end = await readOnce(open, control, onEvent, () => {
        clearTimeout(slow);
        onLost(false);
      });
      clearTimeout(slow);
      if (end.status) await onRefused(end.status);
      failures = end.opened && Date.now() - began > LIVED_MS ? 0 : failures + 1;
      await new Promise((resolve) => {
        again = resolve;
        setTimeout(resolve, Math.max(backOff(failures), end.retryAfterMs ?? 0));
      });
    }
  };
  follow();
  return () => again();
}

/** One connection from request to end. Never throws: how it ended is the value. */
async function readOnce(open, control, onEvent, onOpen) {
  let watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => control.abort(), QUIET_MS);
  };
  let opened = false;
  try {
    alive();
    const response = await open(control.signal);
    if (!response.ok) return { opened, status: response.status, retryAfterMs: retryAfterMs(response) };
    opened = true;
    onOpen();
    const take = eventParser(onEvent);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return { opened };
      alive();
      take(value);
    }
  } catch {
    return { opened };
  } finally {
    clearTimeout(watchdog);
  }
}

/** The event stream format (HTML standard, 9.2.6), fed with text cut anywhere. */
function eventParser(onEvent) {
  let rest = "";
  let event = { name: "message", id: "", data: [] };
  const line = (text) => {
    if (text === "") {
      if (event.data.length > 0) onEvent({ ...event, data: event.data.join("\n") });
      event = { name: "message", id: "", data: [] };
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event.name = value;
    if (field === "id") event.id = value;
    if (field === "data") event.data.push(value);
  };
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const text of lines) line(text.replace(/\r$/, ""));
  };
}

/** 0.2 s after a healthy end, then 0.5 s doubling to 30 s; a random part, so that many pages do not return together. */
function backOff(failures) {
  const wait = failures === 0 ? 200 : Math.min(250 * 2 ** failures, LONGEST_WAIT_MS);
  return wait * (0.75 + Math.random() / 2);
}

function retryAfterMs(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, 2 * LONGEST_WAIT_MS) : undefined;
}
