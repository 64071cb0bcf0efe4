// What goes along with a question: chosen, pasted or dropped; a chip each until it is sent.

import { announce, h, icon, iconButton, toast, word } from "./dom.js";
import { call, Ended, inWords, request } from "./session.js";

const MOST = 4; // files of one question, as the server counts
const SIDE = 2048; // pixels: a model looks at no more
const QUALITY = 0.85;
const KEPT = ["image/png", "image/jpeg", "image/webp"]; // what the server takes as it is
const NEVER = ["image/svg+xml", "image/gif"]; // text, and what moves

export class Attached {
  constructor(chat) {
    this.chat = chat;
    this.files = [];
    this.under = new Set(); // what is on its way to the server
    this.tray = chat.root.querySelector("[data-part='tray']");
    this.button = chat.root.querySelector("[data-act='attach']");
    this.limit = Number(chat.root.dataset.limit) * 1024 * 1024;
    if (!this.button) return; // in a course that is over nothing is asked
    this.input = h("input", { type: "file", class: "hide-away", multiple: true, tabindex: "-1", "aria-hidden": "true", accept: "image/*,.pdf,.txt,.md,.csv,.json,.py,.java,.c,.cpp,.h,.cs,.js,.ts,.html,.css,.sql,.r,.m,.tex,.ipynb,.hs,.rs,.go,.kt,.swift,.php,.rb,.sh,text/*" });
    this.button.after(this.input);
    this.button.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = "";
    });
    chat.field.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length || event.clipboardData.types.includes("text/plain")) return; // words count more
      event.preventDefault();
      this.add(files);
    });
    this.listenToDrops(chat.root);
  }

  listenToDrops(root) {
    let over = 0;
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    const show = (on) => root.classList.toggle("over", on);
    root.addEventListener("dragenter", (event) => carries(event) && show(++over > 0));
    root.addEventListener("dragleave", (event) => carries(event) && show((over = Math.max(0, over - 1)) > 0));
    root.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
    root.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      show(Boolean((over = 0)));
      this.add([...event.dataTransfer.files]);
    });
  }

  /** The ids of what is there to be sent. */
  ids() {
    return this.files.filter((file) => file.id).map((file) => file.id);
  }

  /** What is there, as a question shows it. */
  list() {
    return this.files.filter((file) => file.id).map((file) => file.told);
  }

  /** Wait until nothing is on its way to the server any more. */
  async settled() {
    while (this.under.size) await Promise.allSettled([...this.under]);
  }

  /** What was sent is the question's now. */
  clear() {
    this.files = [];
    this.draw();
  }

  /** Take back what went with a question that did not arrive. */
  restore(list) {
    this.files = list.map((told) => ({ name: told.name, id: told.id, told }));
    this.draw();
  }

  add(files) {
    const room = MOST - this.files.length;
    if (files.length > room) toast(word("attach_most", { n: MOST }));
    for (const file of files.slice(0, Math.max(0, room))) {
      const work = this.one(file).finally(() => this.under.delete(work));
      this.under.add(work);
    }
  }

  async one(file) {
    const held = { name: file.name };
    this.files.push(held);
    this.draw();
    try {
      const made = await smaller(file);
      if (made.size > this.limit) throw new RangeError(word("too_big"));
      const body = new FormData();
      body.append("file", made, made.name);
      const told = await (await request("/v1/ai/attachments", { method: "POST", body })).json();
      if (!this.files.includes(held)) return this.away(told.id); // taken out meanwhile
      Object.assign(held, { id: told.id, name: told.name, told });
      announce(word("attached", { name: told.name }));
    } catch (error) {
      this.files = this.files.filter((other) => other !== held);
      if (!(error instanceof Ended)) toast(`${file.name}: ${error instanceof RangeError ? error.message : inWords(error)}`);
    }
    this.draw();
  }

  remove(held) {
    this.files = this.files.filter((other) => other !== held);
    this.draw();
    (this.tray.querySelector("button") ?? this.chat.field).focus();
    if (held.id) this.away(held.id);
  }

  /** The server lets go of it after a day in any case. */
  away(id) {
    call(`/v1/ai/attachments/${id}`, { method: "DELETE" }).catch(() => {});
  }

  draw() {
    this.tray.replaceChildren(
      ...this.files.map((held) =>
        h(
          "span",
          { class: "chip", role: "group", "aria-label": held.name },
          held.id ? icon("clip") : h("span", { class: "wait", "aria-hidden": "true" }),
          h("bdi", {}, held.name),
          iconButton("close", word("attach_remove", { name: held.name }), () => this.remove(held)),
        ),
      ),
    );
    this.tray.hidden = !this.files.length;
    this.chat.typed();
  }
}

/** What went with a question, below its words. */
export function shown(list) {
  if (!list?.length) return null;
  return h("div", { class: "sent" }, ...list.map((told) => (told.kind === "picture" ? picture(told) : named(told))));
}

function named(told) {
  return h("button", { type: "button", class: "chip", onclick: () => open(told) }, icon("clip"), h("bdi", {}, told.name));
}

function picture(told) {
  const button = h("button", { type: "button", class: "thumb", "aria-label": word("attach_open", { name: told.name }), title: told.name, onclick: () => open(told) }, icon("clip"));
  address(told)
    .then((url) => {
      const image = h("img", { src: url, alt: "" });
      image.addEventListener("load", () => button.replaceChildren(image));
    })
    .catch(() => button.replaceChildren(icon("clip"), h("bdi", {}, told.name)));
  return button;
}

const address = async ({ id }) => (await call(`/v1/ai/attachments/${id}/link`)).url;

async function open(told) {
  const tab = window.open("", "_blank"); // now: later a browser would block it
  try {
    const url = await address(told);
    if (tab) tab.location = url;
    else toast(word("popup_blocked"));
  } catch (error) {
    tab?.close();
    if (!(error instanceof Ended)) toast(inWords(error));
  }
}

/** A photo no larger than a model looks at, in a form the server takes; all else as it is. */
async function smaller(file) {
  if (!file.type.startsWith("image/") || NEVER.includes(file.type)) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // this browser cannot look at it; the server says what it takes
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && KEPT.includes(file.type)) return file;
  const canvas = h("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const type = file.type === "image/png" ? "image/png" : "image/jpeg";
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
  const name = file.name.replace(/\.\w+$/, "") + (type === "image/png" ? ".png" : ".jpg");
  return blob ? new File([blob], name, { type }) : file;
}
