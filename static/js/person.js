// "I want a person": the student writes a note, shares the talk or not, and sees what became of it.

import { announce, h, iconButton, toast, word } from "./dom.js";
import { keepDraft, recall } from "./draft.js";
import { look } from "./frame.js";
import { render } from "./markdown.js";
import { call, Ended, inWords } from "./session.js";

const LONGEST = 2000; // characters of a note

/** Let every "I want a person" of the page open the dialog; mark the button when there is news. */
export function person(chat) {
  chat.root.addEventListener("click", (event) => event.target.closest("[data-act='person']") && show(chat));
  news(chat).catch(() => {}); // a page without this mark is still a page
}

const seenKey = (chat) => `replies:${chat.root.dataset.user}`;
const answered = (wishes) => wishes.filter((wish) => wish.reply).map((wish) => `${wish.id}${wish.reply.length}`).join();

async function news(chat) {
  const wishes = await call("/v1/ai/pleas");
  mark(chat, answered(wishes) !== recall(seenKey(chat)) && wishes.some((wish) => wish.reply));
}

function mark(chat, on) {
  for (const button of chat.root.querySelectorAll("[data-act='person']")) {
    button.classList.toggle("news", on);
    if (on) button.setAttribute("aria-description", word("person_news"));
    else button.removeAttribute("aria-description");
  }
}

function show(chat) {
  const before = document.activeElement;
  const list = h("ul", { class: "reasons", role: "list" });
  const dialog = h(
    "dialog",
    {
      class: "sheet from-end",
      "aria-labelledby": "person-title",
      onclose: () => {
        dialog.remove();
        before?.focus();
      },
    },
    h("div", { class: "top" }, h("h2", { id: "person-title" }, word("person")), iconButton("close", word("close"), () => dialog.close())),
    h("div", { class: "body" }, form(chat, () => fill(chat, list)), h("h3", {}, word("person_before")), list),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  look();
  fill(chat, list);
}

function form(chat, sent) {
  const key = `person:${chat.course}:${chat.root.dataset.user}`;
  const note = h("textarea", { id: "person-note", rows: 4, dir: "auto", maxlength: LONGEST, oninput: () => keepDraft(key, note.value) });
  note.value = recall(key);
  const share = h("input", { type: "checkbox", disabled: !chat.talk });
  const fault = h("p", { class: "note bad", role: "alert", hidden: true });
  const help = h("div", { class: "note prose", role: "status", dir: "auto", hidden: true });
  const button = h("button", { class: "primary" }, word("person_send"));
  const send = async (event) => {
    event.preventDefault();
    button.disabled = true;
    fault.hidden = true;
    try {
      const { care } = await call("/v1/ai/pleas", { method: "POST", body: { note: note.value, conversation_id: chat.talk, share_talk: share.checked } });
      help.hidden = !care;
      if (care) render(help, care, () => null, true);
      note.value = "";
      share.checked = false;
      keepDraft(key, "");
      announce(word("person_sent"));
      await sent();
    } catch (error) {
      if (error instanceof Ended) return;
      fault.textContent = inWords(error);
      fault.hidden = false;
    } finally {
      button.disabled = false;
    }
  };
  return h(
    "form",
    { class: "stack", onsubmit: send },
    h("p", {}, word("person_what")),
    h("label", { for: "person-note" }, word("person_note")),
    note,
    h("label", { class: "row" }, share, h("span", { class: "grow" }, word("person_share"), h("br"), h("small", {}, word(chat.talk ? "person_share_help" : "person_share_none")))),
    fault,
    help,
    h("div", { class: "row" }, button),
  );
}

async function fill(chat, list) {
  try {
    const wishes = await call("/v1/ai/pleas");
    keepDraft(seenKey(chat), answered(wishes));
    mark(chat, false);
    list.replaceChildren(...wishes.map((wish) => row(wish, () => fill(chat, list))));
    if (!wishes.length) list.append(h("li", { class: "soft" }, word("person_none")));
  } catch (error) {
    if (!(error instanceof Ended)) list.replaceChildren(h("li", { class: "note bad", role: "alert" }, inWords(error)));
  }
}

function row(wish, again) {
  const state = wish.read_at ? [word(wish.read_by ? "person_read_by" : "person_read", { name: wish.read_by }), moment(wish.read_at)] : [word("person_unread")];
  return h(
    "li",
    {},
    h(
      "div",
      { class: "grow stack" },
      h("small", {}, word("person_asked"), " ", moment(wish.created_at)),
      wish.note ? h("p", { class: "said", dir: "auto" }, wish.note) : null,
      h("p", { class: wish.read_at ? "" : "soft" }, ...state.flatMap((part) => [part, " "])),
      wish.reply ? h("blockquote", { class: "said", dir: "auto" }, wish.reply) : null,
      wish.closed_at && !wish.reply ? h("p", { class: "soft" }, word("person_closed")) : null,
      wish.share_talk ? shares(wish, again) : null,
    ),
  );
}

function shares(wish, again) {
  const stop = async () => {
    try {
      await call(`/v1/ai/pleas/${wish.id}/talk`, { method: "DELETE" });
      await again();
    } catch (error) {
      if (!(error instanceof Ended)) toast(inWords(error));
    }
  };
  return h("p", { class: "row" }, h("span", { class: "soft grow" }, word("person_shared")), h("button", { type: "button", class: "quiet", onclick: stop }, word("person_unshare")));
}

function moment(at) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  return h("time", { datetime: at }, format.format(new Date(at)));
}
