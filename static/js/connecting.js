// "Connect with …": the LMS asks for consent in a window of its own, and this page learns of it.

import { toast, word } from "./dom.js";
import { call, Ended, inWords } from "./session.js";

const SIZE = "popup,width=720,height=800";

/** Wake a form whose `data-start`, `data-go` and `data-after` are the addresses of that way. */
export default function start(root) {
  return new Connecting(root);
}

class Connecting {
  constructor(root) {
    this.root = root;
    this.told = root.querySelector("[data-part='told']");
    root.addEventListener("submit", (event) => (event.preventDefault(), this.open()));
    this.heard = (event) => this.hear(event);
    this.seen = () => this.window?.closed && this.after();
    addEventListener("message", this.heard);
    addEventListener("focus", this.seen);
  }

  // At once, within the click: later a browser would take it for an advertisement.
  open() {
    this.told.hidden = true;
    this.window = window.open(this.root.dataset.go, "tutor-connect", SIZE);
    if (!this.window) this.say(word("popup_blocked"));
  }

  hear({ source, origin, data }) {
    if (!this.root.isConnected) return this.rest();
    if (source !== this.window || origin !== location.origin) return;
    if (data?.subject === "tutor.connect.ready") this.tell(source);
    if (data?.subject === "tutor.connect.back" && data.done) this.after();
  }

  async tell(opened) {
    const body = new FormData(this.root);
    try {
      // Not under a key: the answer is a secret, and is kept nowhere.
      const { state } = await call(this.root.dataset.start, { method: "POST", body, keyed: false });
      opened.postMessage({ subject: "tutor.connect.go", state }, location.origin);
    } catch (error) {
      this.window = null;
      opened.close();
      if (!(error instanceof Ended)) this.say(inWords(error));
    }
  }

  after() {
    this.window = null;
    this.rest();
    window.htmx.ajax("GET", this.root.dataset.after, { target: document.getElementById("app"), swap: "innerHTML" });
  }

  say(text) {
    this.told.textContent = text;
    this.told.hidden = false;
    toast(text);
  }

  rest() {
    removeEventListener("message", this.heard);
    removeEventListener("focus", this.seen);
  }
}
