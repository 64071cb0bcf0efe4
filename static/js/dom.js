// Small things every page needs: elements, words, an announcement, a toast.

import { look } from "./frame.js";

const island = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");

/** Translated strings, by the keys of tutorai/web/words.py. */
const words = island("words") ?? {};

/** Return the translated string `key`, its `%(name)s` filled from `facts`. */
export function word(key, facts = {}) {
  return (words[key] ?? key).replace(/%\((\w+)\)s/g, (whole, name) => facts[name] ?? whole);
}

/**
 * Make an element: `h("button", {class: "quiet", onclick: f}, "words", child)`.
 * Strings become text nodes, never markup.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make an icon of the sprite in templates/_icons.html. */
export function icon(name, flip = false) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  if (flip) svg.setAttribute("class", "flip");
  svg.append(use);
  return svg;
}

/** A button that shows an icon and says `label` to whoever cannot see it. */
export function iconButton(name, label, onclick, attributes = {}) {
  return h(
    "button",
    { type: "button", class: "quiet icon", "aria-label": label, title: label, onclick, ...attributes },
    icon(name),
  );
}

// Times are shown in the reader's zone, with the zone written out.
const SHOWN = {
  clock: { hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
  moment: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
  day: { dateStyle: "long" },
};

/** Write out the times below `root`. */
export function clocks(root) {
  for (const time of root.querySelectorAll("time[data-show]")) {
    const format = new Intl.DateTimeFormat(document.documentElement.lang, SHOWN[time.dataset.show]);
    time.textContent = format.format(new Date(time.dateTime));
  }
}

/** Say something to a screen reader, politely, once. */
export function announce(text) {
  const status = document.getElementById("status");
  status.textContent = "";
  requestAnimationFrame(() => (status.textContent = text));
}

/** Show `text` at the foot of the page; with `act` ({label, run}) a button beside it, until that is used. */
export function toast(text, act = null) {
  const box = document.getElementById("toast");
  const hide = () => (box.hidden = true);
  clearTimeout(toast.timer);
  box.replaceChildren(h("span", {}, text));
  if (act) {
    box.append(h("button", { type: "button", onclick: () => (hide(), act.run()) }, act.label));
  }
  box.hidden = false;
  look();
  if (!act) toast.timer = setTimeout(hide, 8000);
}

/** Ask a yes/no question in a dialog; resolves to the typed text, true, or null when cancelled. */
export function ask({ title, text = "", confirm, danger = false, value = null, optional = false }) {
  return new Promise((resolve) => {
    const field = value === null ? null : h("input", { value, required: !optional, maxlength: 200, "aria-label": title });
    const dialog = h(
      "dialog",
      { class: "small-dialog", "aria-labelledby": "dialog-title", onclose: () => finish(null) },
      h(
        "form",
        { method: "dialog", onsubmit: (event) => (event.preventDefault(), finish(field ? field.value.trim() : true)) },
        h("h2", { id: "dialog-title" }, title),
        text ? h("p", {}, text) : null,
        field,
        h(
          "div",
          { class: "row" },
          h("button", { class: danger ? "danger" : "primary" }, confirm),
          h("button", { type: "button", class: "quiet", onclick: () => finish(null) }, word("cancel")),
        ),
      ),
    );
    const before = document.activeElement;
    const finish = (answer) => {
      dialog.remove();
      before?.focus();
      resolve(answer);
    };
    document.body.append(dialog);
    dialog.showModal();
    field?.select();
    look();
  });
}

export { island };
