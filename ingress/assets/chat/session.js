// Part of chat.js. Who the visitor is, what this browser remembers, and requests that mend a lost session.

const BASE = location.pathname.replace(/\/+$/, "");
const STORE = `lumi.chat ${BASE}`;
const OWN_KEPT = 200;
const TRIES = 5;
const PATIENCE_MS = 10_000; // Told to wait longer than this, the visitor decides when to try again.
const RENEW_MS = 24 * 3_600_000; // Sessions last 30 days from their last renewal.
const FINAL = new Set([400, 403, 404, 413]); // The same message would be refused again.

// ---- What this browser remembers -------------------------------------------------------------

const memory = { visitor: null, renewed: 0, token: null, seen: 0, own: [], ...stored() };

function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {}; // No storage here, or not ours: the chat works, only a reload forgets the own messages.
  }
}

function remember() {
  memory.own = memory.own.slice(-OWN_KEPT);
  try {
    localStorage.setItem(STORE, JSON.stringify(memory));
  } catch {
    // As above.
  }
}

// ---- Session ---------------------------------------------------------------------------------
// The cookie is enough where cookies are taken. Only where it is refused is the token kept here and sent as Bearer.

let issued = null; // The token of this page's last session, not stored unless it must be.
let mending = null;

function headers(more) {
  return { ...more, ...(memory.token && { Authorization: `Bearer ${memory.token}` }) };
}

function send(path, body) {
  return fetch(BASE + path, {
    method: "POST", credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(15_000),
    headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body),
  });
}

/** Makes or renews the session. Returns the response when it was refused. */
async function openSession() {
  const response = await send("/session", {});
  if (!response.ok) return response;
  const { token, visitor } = await response.json();
  const other = memory.visitor !== null && memory.visitor !== visitor;
  issued = token;
  memory.visitor = visitor;
  memory.renewed = Date.now();
  if (memory.token) memory.token = token;
  if (other) startOver(); // In chat.js: the old conversation is not theirs.
  remember();
  return null;
}

/** Calls that find no session wait for one and the same. */
function sessionOnce() {
  mending ??= openSession().finally(() => { mending = null; });
  return mending;
}

/** After a 401: first the token we hold but did not send (cookies are refused here), else a new session. */
async function mendSession() {
  if (issued && !memory.token) {
    memory.token = issued;
    return remember();
  }
  memory.token = issued = null;
  memory.renewed = 0;
  await sessionOnce().catch(() => {}); // The caller's next request says what is wrong.
}

async function withSession(request) {
  const stale = memory.visitor === null || Date.now() - memory.renewed > RENEW_MS;
  return (stale && (await sessionOnce())) || request();
}

/** A POST that outlives short failures; the same body again is harmless, the server knows client_msg_id. */
async function post(path, body) {
  for (let failures = 0, mended = 0; ;) {
    const response = await withSession(() => send(path, body)).catch(() => null);
    if (response?.ok) return { ok: true, body: await response.json().catch(() => ({})) };
    const status = response?.status ?? 503;
    if (status === 401 && mended < 2) {
      mended += 1; // Twice: a new session, and then its token where the cookie is refused.
      await mendSession();
      continue;
    }
    failures += 1;
    const wait = Math.max(backOff(failures), (response && retryAfterMs(response)) ?? 0);
    if (FINAL.has(status) || failures === TRIES || wait > PATIENCE_MS) return { ok: false, status };
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
