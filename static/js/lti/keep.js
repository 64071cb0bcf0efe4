// Where the refresh secret of a launch rests: memory, a cookie of the server's, sessionStorage,
// platform storage. Each may be refused by a browser inside an LMS. A secret counts once: the
// cookie comes before what scripts keep, for it is the one that a page left too early still got.

import { get, put } from "./platform.js";

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

/** Return new tokens, or null when the server refuses or nothing was kept. Throws offline. */
export async function renew(launch) {
  for (const rung of [memory, cookie, storage, platform]) {
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
