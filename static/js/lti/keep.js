// Where the refresh secret of a launch rests: a cookie of the server's, memory, sessionStorage,
// platform storage. Each may be refused by a browser inside an LMS. A secret counts once, and an
// old one ends the session. So the cookie is asked first: all tabs of a launch share it, and a
// page left too early still got it. Without one the server answers 401, and nothing ends.

import { get, put } from "./platform.js";

const PATIENCE = 5000; // milliseconds to wait for the other tabs of a launch
const held = new Map();
const told = document.getElementById("launch");
let place = told ? JSON.parse(told.textContent).platform_storage : null;
const key = (launch) => `tutor.keep.${launch}`;

/** Keep the secret wherever it holds. */
export async function keep(launch, secret) {
  held.set(launch, secret);
  try {
    sessionStorage.setItem(key(launch), secret);
  } catch {
    // Blocked inside this frame; the other rungs remain.
  }
  await put(place, key(launch), secret);
}

/** Let go of the secret everywhere: the session has ended. */
export async function forget(launch) {
  held.delete(launch);
  try {
    sessionStorage.removeItem(key(launch));
  } catch {
    // Nothing could be kept there.
  }
  await put(place, key(launch), "");
}

/** Return new tokens, or null when the server refuses or nothing was kept. Throws offline. */
export async function renew(launch) {
  return alone(`tutor.renew.${launch}`, () => climb(launch));
}

async function climb(launch) {
  for (const rung of [cookie, memory, storage, platform]) {
    const secret = await rung(launch);
    if (secret === null) continue;
    const answer = await fetch("/v1/token/refresh", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ launch_id: launch, refresh_secret: secret }),
      credentials: "same-origin",
    });
    if (answer.status >= 500) throw new TypeError("no answer");
    if (!answer.ok) continue;
    const fresh = await answer.json();
    place = fresh.platform_storage ?? place;
    keep(launch, fresh.refresh_secret).catch(() => {});
    delete fresh.refresh_secret;
    return fresh;
  }
  return null;
}

/** Do `work` while no other tab does: two that show the same cookie at once would end the session. */
async function alone(name, work) {
  let begun = null; // a browser may refuse locks, or another tab sleep with one
  const start = () => (begun ??= work());
  try {
    await navigator.locks.request(name, { signal: AbortSignal.timeout(PATIENCE) }, start);
  } catch {
    // What `work` itself threw is thrown below.
  }
  return start();
}

const memory = (launch) => held.get(launch) ?? null;
const cookie = () => ""; // the browser adds it
// After a reload the platform's origin is not known yet; a question carries no secret.
const platform = async (launch) =>
  (await get(place ?? { target: "post_message_forwarding", origin: "*" }, key(launch))) || null;

function storage(launch) {
  try {
    return sessionStorage.getItem(key(launch));
  } catch {
    return null;
  }
}
