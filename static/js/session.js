// The bearer session of this tab.
//
// The access token lives in this module's memory and nowhere else, so that two tabs never mix.
// Here alone is the Authorization header set, for fetch and for htmx. The refresh secret is the
// business of lti/keep.js, which knows where a browser inside an LMS lets us keep anything.

import { forget, keep, renew } from "./lti/keep.js";
import { ask, island, word } from "./dom.js";

const KEY = "Idempotency-Key"; // what carries it is done once, however often it is sent
const EARLY = 60_000; // renew this long before the token ends, in milliseconds

let token = null;
let endsAt = 0;
let launch = null; // the launch's public id
let renewing = null; // the one renewal under way
let over = false;
let listening = false;
let acted = false; // someone of the LMS acts as this person
let standing = []; // what is said of this session for as long as its page stands
const unsure = new Map(); // what was sent, and nobody knows with what effect → its key

/** An answer that was no success: `code` for programs, `message` for people. */
export class Refused extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** The session ended; the page already says so. */
export class Ended extends Error {}

/** Whether the server will say no again. */
export const closed = (error) => error instanceof Refused && error.status === 403;

/** What went wrong with the tutor's own routes, in words for people. */
export function inWords(error) {
  if (acted && closed(error)) return word("masquerade");
  return error instanceof Refused ? error.message : word("offline");
}

/** Start from the launch's own page, or after a reload from what was kept; a second time changes
 * nothing. Raises Ended. */
export async function start() {
  const told = island("launch");
  if (told) {
    document.getElementById("launch").remove();
    launch = told.launch_id;
    hold(told);
    history.replaceState(history.state, "", `/app/${launch}/?lang=${document.documentElement.lang}`);
    keep(launch, told.refresh_secret).catch(() => {}); // no rung holds: the session ends with this page
    delete told.refresh_secret;
  } else if (!token) {
    launch = location.pathname.split("/")[2];
    await again();
  }
  listen();
}

/** What is said of this session for as long as its page stands: "masquerade", "test_student", "ended", "moved". */
export const said = () => standing;

/** Return a token good for a request now; raises Ended. */
export async function ready() {
  if (over) throw new Ended();
  if (!token || Date.now() > endsAt - EARLY / 2) await again();
  return token;
}

/** An id that nobody else has: a key, or the turn of a question, under which the answer is replayed. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only where the page came over TLS
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * fetch() with the session: JSON in, Response out. What has an effect is sent under a key; `keyed`
 * is false for what has an id of its own. Raises Refused, Ended, or TypeError offline.
 */
export async function request(path, { body, keyed = true, ...options } = {}) {
  const act = keyed && options.method ? deed(options.method, path, body) : null;
  const key = act && keyOf(act);
  const send = async () => {
    const headers = { ...options.headers, ...key, ...header(await ready()) };
    const json = body !== undefined && !(body instanceof FormData);
    if (json) headers["Content-Type"] = "application/json";
    return fetch(path, { ...options, headers, body: json ? JSON.stringify(body) : body, credentials: "omit" });
  };
  let known = false; // whether it had its effect, or never will
  try {
    let response = await send();
    if (response.status === 401) {
      token = null;
      response = await send();
    }
    known = settles(response.status, response.headers.get("Retry-After"));
    if (response.status === 401) finish();
    if (!response.ok) throw await refusal(response);
    return response;
  } finally {
    if (act) remember(act, key, known);
  }
}

/** Like `request`, and returns the JSON (null for an empty answer). */
export async function call(path, options) {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
}

/** End the session, here and on the server. */
export async function leave() {
  await call("/v1/logout", { method: "POST" });
  forget(launch).catch(() => {}); // what is left opens nothing any more
  try {
    finish();
  } catch {
    // Ended, as it should be.
  }
}

// Whoever presses a button again because the line broke means the same as before: it is sent under
// the key of before. Once anything is answered, the next press is a wish of its own.

function deed(method, path, body) {
  const said = body instanceof FormData ? [...body].map(([name, value]) => [name, value.name ?? value, value.size, value.lastModified]) : body;
  return JSON.stringify([method.toUpperCase(), path, said]);
}

function keyOf(act) {
  return { [KEY]: unsure.get(act) ?? newKey() };
}

// No status: the line broke. A conflict that names a pause: the first try is still under way.
const settles = (status, pause) => Boolean(status) && status !== 401 && !(status === 409 && pause);

function remember(act, key, known) {
  if (known) unsure.clear();
  else unsure.set(act, key[KEY]);
}

function header(bearer) {
  return { Authorization: `Bearer ${bearer}`, "Accept-Language": document.documentElement.lang };
}

async function refusal(response) {
  const told = await response.json().catch(() => ({}));
  return new Refused(response.status, told.code ?? "error", told.detail ?? response.statusText);
}

function hold(told) {
  acted = Boolean(told.masquerade);
  standing = ["masquerade", "test_student", "ended", "moved"].filter((name) => told[name]);
  token = told.access_token;
  endsAt = Date.now() + (told.expires_in ?? 600) * 1000;
  clearTimeout(hold.timer);
  hold.timer = setTimeout(() => document.hidden || again().catch(() => {}), endsAt - Date.now() - EARLY);
}

function again() {
  renewing ??= renew(launch)
    .then((told) => (told ? hold(told) : finish()))
    .finally(() => (renewing = null));
  return renewing;
}

function finish() {
  if (!over) {
    over = true;
    token = null;
    document.dispatchEvent(new Event("tutor:ended"));
  }
  throw new Ended();
}

function listen() {
  if (listening) return;
  listening = true;
  listenToHtmx();
  document.addEventListener("visibilitychange", () => document.hidden || over || ready().catch(() => {}));
}

// htmx asks `htmx:confirm` before each request, and may be made to wait: there the token is
// renewed when it is old. A 401 all the same is answered by one renewal and one repetition.
function listenToHtmx() {
  const repeated = new WeakSet();
  document.addEventListener("htmx:confirm", async (event) => {
    event.preventDefault();
    const { question, elt, issueRequest } = event.detail;
    const confirm = elt.getAttribute("aria-label") ?? elt.textContent.trim();
    if (question && !(await ask({ title: question, confirm, danger: true }))) return;
    // What goes wrong is told by htmx's own events.
    ready().then(() => issueRequest(true)).catch(() => {});
  });
  const act = ({ verb, path, formData }) => (verb === "get" ? null : deed(verb, path, formData));
  document.addEventListener("htmx:configRequest", (event) => {
    const meant = act(event.detail);
    Object.assign(event.detail.headers, header(token), meant && keyOf(meant));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, requestConfig } = event.detail;
    const meant = act(requestConfig);
    if (meant) remember(meant, requestConfig.headers, settles(xhr.status, xhr.getResponseHeader("Retry-After")));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, elt } = event.detail;
    if (xhr.status !== 401 || repeated.has(elt)) return;
    repeated.add(elt);
    token = null;
    const { verb, path, parameters, target } = requestConfig;
    const options = { source: elt, target, values: parameters };
    again().then(() => window.htmx.ajax(verb, path, options), () => {});
  });
}
