// The sheet that shows where an answer stands: the passage, with the quoted words marked.

import { h, icon, word } from "./dom.js";
import { look } from "./frame.js";
import { shown } from "./passage.js";
import { call, Ended, Refused } from "./session.js";

const WIDE = matchMedia("(min-width: 52rem)"); // beside the talk; below it, a sheet from the foot

export class Sources {
  constructor(dialog) {
    this.dialog = dialog;
    this.title = dialog.querySelector("h2");
    this.body = dialog.querySelector(".body");
    dialog.querySelector("button").addEventListener("click", () => this.close());
    dialog.addEventListener("close", () => this.closed());
    dialog.addEventListener("click", (event) => event.target === dialog && this.close());
    // Beside the talk the sheet is no modal dialog, which would close by itself.
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && dialog.open && !document.querySelector("dialog:modal")) this.close();
    });
  }

  /** Open the citation of a message; the server is asked whether it still stands. */
  async open(message, cited, opener) {
    this.closed();
    this.opener = opener;
    opener.setAttribute("aria-expanded", "true");
    this.title.textContent = word("source_title", { n: cited.n });
    this.show({ ...cited, passage: cited.quote });
    if (!this.dialog.open) WIDE.matches ? this.dialog.show() : this.dialog.showModal();
    look();
    this.dialog.querySelector("button").focus({ preventScroll: true });
    if (!message) return;
    try {
      const now = await call(`/v1/ai/messages/${message}/citations/${cited.n}`);
      if (this.opener === opener) this.show({ ...cited, ...now });
    } catch (error) {
      if (error instanceof Ended) this.close();
      else if (error instanceof Refused && this.opener === opener) this.withheld(error.message);
    }
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  closed() {
    this.opener?.setAttribute("aria-expanded", "false");
    const lost = document.activeElement === document.body || this.dialog.contains(document.activeElement);
    if (!this.dialog.open && lost) this.opener?.focus();
    this.opener = null;
  }

  withheld(text) {
    this.body.replaceChildren(h("p", { class: "note warn" }, text));
  }

  show({ title, heading_path: path, passage, quote, url, state, item_id: item }) {
    if (state === "hidden") return this.withheld(word("source_hidden"));
    const where = (path ?? []).filter((step) => step && step !== title).join(" › ");
    this.body.replaceChildren(
      h("div", {}, h("h3", { dir: "auto" }, title), where ? h("p", { class: "soft", dir: "auto" }, where) : ""),
      state === "changed" ? h("p", { class: "note warn" }, word("source_changed")) : "",
      h("div", { class: "passage" }, ...shown(passage || quote, quote)),
      url ? h("a", { class: "button", href: url, target: "_blank", rel: "noopener noreferrer" }, icon("out"), word(document.querySelector("[data-own]") ? "open_page" : "open_in_lms")) : opens(item, (text) => this.withheld(text)),
    );
    this.body.querySelector("mark")?.scrollIntoView({ block: "nearest" });
  }
}

/** A button that opens an uploaded file, by an address that is good for a minute. */
export function opens(item, refused) {
  if (!item) return "";
  const button = h("button", { type: "button" }, icon("out"), word("open_file"));
  button.addEventListener("click", async () => {
    const tab = window.open("", "_blank"); // now: later a browser would block it
    try {
      const { url, shown } = await call(`/pages/items/${item}/link`);
      if (shown && tab) return void (tab.location = url);
      tab?.close();
      h("a", { href: url, download: "" }).click();
    } catch (error) {
      tab?.close();
      if (error instanceof Refused) refused(error.message);
    }
  });
  return button;
}
