// Keep the binder in every place that takes it, at once, then go to the platform.

import { put } from "./platform.js";

const { url, state, binder, target, origin } = document.getElementById("login").dataset;
const key = `lti.bind.${state}`;

try {
  sessionStorage.setItem(key, binder);
} catch {
  // Blocked inside this frame; the other places remain.
}
if (target) await put({ target, origin }, key, binder);
location.replace(url);
