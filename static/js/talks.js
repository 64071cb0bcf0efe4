// The list of conversations: search, open, rename, download, delete.

import { ask, h, icon, iconButton, toast, word } from "./dom.js";
import { forgetDrafts } from "./draft.js";
import { look } from "./frame.js";
import { call, Ended, inWords, leave, request } from "./session.js";

/** Open the list. `open(id)` and `gone(id)` tell the chat; `current` is marked. */
export function openTalks({ current, open, gone }) {
  const list = h("ul", { class: "talks", role: "list" });
  const search = h("input", { type: "search", placeholder: word("search_talks"), "aria-label": word("search_talks") });
  const dialog = h(
    "dialog",
    { class: "sheet from-start", "aria-labelledby": "talks-title", onclose: () => dialog.remove() },
    h("div", { class: "top" }, h("h2", { id: "talks-title" }, word("talks")), iconButton("close", word("close"), () => dialog.close())),
    h("div", { class: "body" }, search, list, h("button", { type: "button", class: "quiet", onclick: signOut }, icon("out"), word("sign_out"))),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const choose = (id) => {
    dialog.close();
    open(id);
  };
  /** Ask for the list; `changed` is the conversation whose menu was used, "" when it is gone. */
  const fill = async (changed = null) => {
    try {
      const found = await call(`/v1/ai/conversations?q=${encodeURIComponent(search.value.trim())}`);
      list.replaceChildren(...found.map((talk) => row(talk, { current, choose, gone, fill })));
      if (changed !== null) (list.querySelector(`[data-talk="${changed}"] summary`) ?? search).focus();
      if (!found.length) list.append(h("li", { class: "soft" }, word(search.value ? "no_match" : "no_talks")));
    } catch (error) {
      if (error instanceof Ended) dialog.close();
      else list.replaceChildren(h("li", { class: "note bad", role: "alert" }, inWords(error)));
    }
  };
  let pause;
  search.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => fill(), 200);
  });
  document.body.append(dialog);
  dialog.showModal();
  look();
  fill();
}

async function signOut() {
  try {
    document.querySelector("[data-part='field']").value = "";
    forgetDrafts();
    await leave();
  } catch (error) {
    if (!(error instanceof Ended)) toast(inWords(error));
  }
}

function row(talk, { current, choose, gone, fill }) {
  const at = new Date(talk.updated_at);
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const path = `/v1/ai/conversations/${talk.id}`;
  const attempt = (work) => async () => {
    menu.open = false;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Ended)) toast(error.message);
    }
  };
  const rename = attempt(async () => {
    const title = await ask({ title: word("rename"), confirm: word("save"), value: talk.title });
    if (!title) return;
    await call(path, { method: "PATCH", body: { title } });
    await fill(talk.id);
  });
  const remove = attempt(async () => {
    const sure = await ask({ title: word("delete_talk"), text: talk.title, confirm: word("delete"), danger: true });
    if (!sure) return;
    await call(path, { method: "DELETE" });
    gone(talk.id);
    await fill("");
  });
  const download = attempt(async () => save(await request(`${path}/download`), `${talk.title || "tutor"}.md`));
  const menu = h(
    "details",
    { class: "menu" },
    h("summary", { "aria-label": word("more_for", { title: talk.title }) }, icon("more")),
    h(
      "div",
      {},
      h("button", { type: "button", class: "quiet", onclick: rename }, word("rename")),
      h("button", { type: "button", class: "quiet", onclick: download }, word("download")),
      h("button", { type: "button", class: "quiet danger", onclick: remove }, word("delete")),
    ),
  );
  // In a low frame the menu of the last row would open below the edge.
  menu.addEventListener("toggle", () => menu.open && menu.lastChild.scrollIntoView({ block: "nearest" }));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault(); // the list stays
    menu.open = false;
    menu.firstChild.focus();
  });
  return h(
    "li",
    { "aria-current": talk.id === current ? "true" : null, "data-talk": talk.id },
    h(
      "button",
      { type: "button", class: "open", onclick: () => choose(talk.id) },
      h("span", { dir: "auto" }, talk.title || word("untitled")),
      h("time", { datetime: talk.updated_at }, when.format(at)),
    ),
    menu,
  );
}

async function save(response, name) {
  const url = URL.createObjectURL(await response.blob());
  h("a", { href: url, download: name.replace(/[\\/:*?"<>|]+/g, " ") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
