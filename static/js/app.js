// The shell: start the session, bring the page for this person, wake what it needs.

import { toast, word } from "./dom.js";
import { unsent } from "./draft.js";
import { fit, toTop, watch } from "./frame.js";
import { Ended, start } from "./session.js";

const app = document.getElementById("app");
const modules = { chat: () => import("./chat.js"), teacher: () => import("./teacher.js") };

document.addEventListener("tutor:ended", () => {
  const page = document.getElementById("ended").content.cloneNode(true);
  const text = document.querySelector("[data-part='field']")?.value || unsent();
  for (const kept of page.querySelectorAll(".kept")) {
    kept.hidden = !text;
    if (kept.tagName === "TEXTAREA") kept.value = text;
  }
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  document.body.classList.remove("full");
  app.replaceChildren(page);
  app.querySelector("h1").tabIndex = -1;
  app.querySelector("h1").focus();
});

// Whatever arrives in the page may name modules that bring it to life.
async function wake(root) {
  for (const element of root.querySelectorAll("[data-module]")) {
    const module = await modules[element.dataset.module]();
    if (!element.awake) element.awake = module.default(element) ?? true;
  }
  document.body.classList.toggle("full", Boolean(app.querySelector(".chat")));
  fit();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === app) toTop();
  wake(app);
});
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) return;
  let told = {};
  try {
    told = JSON.parse(xhr.responseText);
  } catch {
    // an answer that is no JSON: the toast says it in general words
  }
  toast(told.detail ?? word("wrong"));
});
document.addEventListener("htmx:sendError", () => toast(word("offline")));

async function open() {
  watch();
  try {
    await start();
    await window.htmx.ajax("GET", "/pages/home", { target: app, swap: "innerHTML" });
  } catch (error) {
    if (!(error instanceof Ended)) toast(word("offline"), { label: word("retry"), run: open });
  }
}

// htmx is a deferred script and this module runs after it; both wait for the document.
open();
