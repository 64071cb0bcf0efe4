// The shell: start the session, bring the page for this person, wake what it needs.

import { clocks, h, toast, word } from "./dom.js";
import { unsent } from "./draft.js";
import { fit, toTop, watch } from "./frame.js";
import { Ended, said, start } from "./session.js";

const app = document.getElementById("app");
const modules = { chat: () => import("./chat.js"), teacher: () => import("./teacher.js"), grades: () => import("./grades.js"), formulas: () => import("./formulas.js"), placing: () => import("./placing.js"), shared: () => import("./shared.js"), practice: () => import("./practice.js"), connecting: () => import("./connecting.js"), times: () => import("./times.js") };

document.addEventListener("tutor:ended", () => {
  const page = document.getElementById("ended").content.cloneNode(true);
  const text = document.querySelector("[data-part='field']")?.value || app.querySelector("[data-module='grades']")?.awake?.unsent() || unsent();
  for (const kept of page.querySelectorAll(".kept")) {
    kept.hidden = !text;
    if (kept.tagName === "TEXTAREA") kept.value = text;
  }
  page.querySelector(".own").hidden = !app.querySelector("[data-own]");
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  document.body.classList.remove("full");
  app.replaceChildren(page);
  app.querySelector("h1").tabIndex = -1;
  app.querySelector("h1").focus();
});

const here = {}; // what has arrived of the modules
const bring = async (name) => (here[name] = await modules[name]());
// A student types and presses as soon as the page stands: its module is there before it.
const chat = bring("chat").catch(() => {}); // tried again when the page needs it

// Whatever arrives in the page may name modules that bring it to life: at once, where they are here.
async function wake(root) {
  for (const element of root.querySelectorAll("[data-module]")) {
    const name = element.dataset.module;
    const module = here[name] ?? (await bring(name));
    if (!element.awake) element.awake = module.default(element) ?? true;
  }
  clocks(root);
  document.body.classList.toggle("full", Boolean(app.querySelector(".chat")));
  fit();
}

/** Where the row of a course's pages is wider than the window, bring the one that is shown into it. */
function onRow() {
  const here = app.querySelector(".halls-row [aria-current]");
  const row = here?.parentElement;
  if (row) row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - here.offsetWidth) / 2;
}

// Of two pages that were asked for, the one asked for last is shown, whichever comes first.
let asked = 0;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === app) detail.xhr.asked = ++asked;
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.asked < asked) detail.shouldSwap = false;
});

// What had the focus may go with what is swapped away; what comes by itself takes it from nowhere.
let took = false;
document.addEventListener("htmx:beforeSwap", ({ detail }) => (took = detail.target.contains(document.activeElement)));
let first = true; // the first page must not take the focus from the LMS around us
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === app) {
    toTop();
    onRow();
    if (!first) document.getElementById("main")?.focus({ preventScroll: true });
    first = false;
  }
  else if (took && document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  wake(app);
});
// What someone reads in an open list is not swapped away from under their eyes.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (requestConfig.verb === "get" && elt.matches("#reading") && elt.querySelector("details[open]")) event.preventDefault();
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
  toast(told.detail ?? word("wrong"), retry());
});
document.addEventListener("htmx:sendError", () => toast(word("offline"), retry()));

// Without a first page there is nothing else to click on.
const retry = () => (first ? { label: word("retry"), run: open } : null);

async function open() {
  try {
    await Promise.all([start(), chat]);
    warn();
    await window.htmx.ajax("GET", "/pages/home", { target: app, swap: "innerHTML" });
    for (const name of Object.keys(modules)) if (!here[name]) bring(name).catch(() => {}); // before a page needs it
  } catch (error) {
    if (!(error instanceof Ended)) toast(word("offline"), retry());
  }
}

// Someone of the LMS who acts as this person is told so for as long as the page stands; and that it
// is the test student who looks, or that the course has ended.
function warn() {
  if (!said().length || document.querySelector(".standing")) return;
  app.before(h("div", { class: "standing" }, ...said().map((name) => h("p", { class: "note warn", role: "note", "data-of": name }, word(name)))));
}

// htmx is a deferred script and this module runs after it; both wait for the document.
watch();
open();
