// The teacher's page: files dropped in, and five questions tried.

import { Answer } from "./chat.js";
import { announce, h, toast, word } from "./dom.js";
import { call, Ended, inWords, newKey, Refused, request } from "./session.js";
import { Sources } from "./sources.js";
import { events, settled } from "./stream.js";

const TRIES = 5;
const TOLD = 10_000; // milliseconds that "uploaded" stands; how far it is read is told above

/** Wake `root`: a place to drop files (`data-upload`) or to try questions (`data-try`). */
export default function start(root) {
  return root.dataset.upload ? new Drop(root) : new Trial(root);
}

class Drop {
  constructor(root) {
    this.root = root;
    this.told = root.querySelector("[data-part='told']");
    this.faults = root.querySelector("[data-part='faults']");
    this.input = root.querySelector("input[type='file']");
    const area = root.querySelector(".drop");
    this.input.addEventListener("change", () => this.send([...this.input.files]));
    if (this.input.files.length) this.send([...this.input.files]); // chosen before this came
    for (const name of ["dragover", "dragleave", "drop"]) {
      area.addEventListener(name, (event) => {
        event.preventDefault();
        area.classList.toggle("over", name === "dragover");
        if (name === "drop") this.send([...event.dataTransfer.files]);
      });
    }
    // "Add a copy" beside a gap opens the same chooser; the gaps are swapped as reading goes on.
    document.getElementById("reading")?.parentElement.addEventListener("click", (event) => {
      if (event.target.closest("[data-act='choose']")) this.input.click();
    });
  }

  async send(files) {
    const limit = Number(this.root.dataset.limit) * 1024 * 1024;
    let sent = 0;
    this.faults.replaceChildren();
    for (const file of files) {
      if (file.size > limit) {
        this.fault(file, word("too_big"));
        continue;
      }
      this.told.textContent = word("uploading", { name: file.name });
      sent += Number(await this.one(file));
    }
    this.input.value = "";
    this.told.textContent = sent ? word("uploaded") : "";
    setTimeout(() => (this.told.textContent = ""), TOLD);
    if (sent && this.root.dataset.next) {
      window.htmx.ajax("GET", this.root.dataset.next, { target: document.getElementById("app"), swap: "innerHTML" });
      // This page goes; what it said of the files that were not taken must not.
      if (this.faults.textContent) toast([...this.faults.children].map((fault) => fault.textContent).join("\n"));
    }
    document.body.dispatchEvent(new Event("tutor:changed"));
  }

  async one(file) {
    const body = new FormData();
    body.append("files", file);
    try {
      const answer = await request(this.root.dataset.upload, { method: "POST", body });
      const reading = document.getElementById("reading");
      if (reading) {
        reading.outerHTML = await answer.text();
        window.htmx.process(document.getElementById("reading"));
      }
      return true;
    } catch (error) {
      if (!(error instanceof Ended)) this.fault(file, inWords(error));
      return false;
    }
  }

  fault(file, text) {
    this.faults.append(h("p", { class: "note bad" }, h("strong", { dir: "auto" }, file.name), " ", text));
  }
}

class Trial {
  constructor(root) {
    this.root = root;
    this.turns = new Map(); // question → its turn, while no answer to it has ended
    this.list = root.querySelector("[data-part='tries']");
    this.sources = new Sources(root.querySelector(".sheet"));
    this.button = root.querySelector("[data-act='try']");
    this.button.addEventListener("click", () => this.run());
  }

  async run() {
    this.button.disabled = true;
    this.list.replaceChildren();
    announce(word("answering"));
    try {
      const { questions } = await call("/v1/ai/suggestions");
      for (const question of questions.slice(0, TRIES)) await this.one(question);
      if (!questions.length) this.list.append(h("li", { class: "soft" }, word("nothing_to_ask")));
      announce(word("answer_ready"));
    } catch (error) {
      if (!(error instanceof Ended)) toast(inWords(error));
    } finally {
      this.button.disabled = false;
    }
  }

  async one(question) {
    const answer = new Answer(this, question);
    this.list.append(h("li", {}, h("h3", { dir: "auto" }, question), answer.element));
    if (!this.turns.has(question)) this.turns.set(question, newKey());
    try {
      await this.follow(answer, question);
    } catch (error) {
      if (!(error instanceof TypeError) || !(await this.recovered(answer))) {
        if (error instanceof Refused) this.turns.delete(question);
        throw error;
      }
    }
    this.turns.delete(question);
  }

  async follow(answer, question) {
    const response = await request("/v1/ai/ask", {
      method: "POST",
      keyed: false, // by its turn
      headers: { Accept: "text/event-stream" },
      body: { course_id: this.root.dataset.course, question, turn: this.turns.get(question) },
    });
    for await (const { event, data } of events(response)) {
      if (event === "error") throw new Refused(0, data.code, data.detail);
      answer.place ??= { talk: data.conversation_id, id: data.message_id };
      answer.take(event, data);
    }
    if (!answer.done) throw new TypeError("cut off");
  }

  async recovered(answer) {
    const { talk, id } = answer.place ?? {};
    const ended = talk && (await settled(talk, id, { grow: (text) => answer.reach(text) }));
    if (!ended) return false;
    answer.finish(ended);
    if (ended.state === "interrupted") answer.broke(word("interrupted"), null);
    return true;
  }
}
