// The student's page: questions, answers as they arrive, and where each answer stands.

import { announce, ask as confirm, h, icon, iconButton, toast, word } from "./dom.js";
import { keepDraft, recall } from "./draft.js";
import { render } from "./markdown.js";
import { call, Ended, Refused, request } from "./session.js";
import { Sources } from "./sources.js";
import { events } from "./stream.js";
import { openTalks } from "./talks.js";

const NEAR = 80; // pixels from the end at which we count as "reading the newest"

/** Start the chat inside `root` (templates/student/chat.html). */
export default function start(root) {
  return new Chat(root);
}

class Chat {
  constructor(root) {
    this.root = root;
    this.course = root.dataset.course;
    this.draftKey = `draft:${this.course}:${root.dataset.role}`;
    this.talk = null; // the conversation's id
    this.stopper = null; // of the answer under way
    this.pending = ""; // asked, and not known to have arrived
    this.sources = new Sources(root.querySelector(".sheet"));
    for (const part of ["log", "welcome", "scroll", "form", "field", "send", "end", "chips"]) {
      this[part] = root.querySelector(`[data-part="${part}"]`);
    }
    this.listen();
    this.field.value = recall(this.draftKey);
    this.typed();
    this.suggest();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.stopper) this.stop();
      else this.ask(this.field.value.trim());
    });
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => {
      // 229: a Safari that has just ended a composition with Enter says isComposing is false.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      if (!this.stopper) this.form.requestSubmit();
    });
    this.scroll.addEventListener("scroll", () => (this.end.hidden = this.atEnd()), { passive: true });
    this.end.addEventListener("click", () => this.toEnd());
    this.root.querySelector('[data-act="new"]').addEventListener("click", () => this.afresh());
    this.root.querySelector('[data-act="talks"]').addEventListener("click", () =>
      openTalks({
        current: this.talk,
        open: (id) => this.open(id),
        gone: (id) => id === this.talk && this.afresh(),
      }),
    );
  }

  typed() {
    keepDraft(this.draftKey, this.field.value || this.pending);
    this.field.style.blockSize = "auto"; // for browsers without field-sizing
    this.field.style.blockSize = `${this.field.scrollHeight}px`;
    this.send.disabled = !this.stopper && !this.field.value.trim();
  }

  async suggest() {
    try {
      const { questions } = await call("/v1/ai/suggestions");
      const chip = (text) => h("button", { type: "button", onclick: () => this.ask(text) }, text);
      this.chips.replaceChildren(...questions.slice(0, 4).map(chip));
    } catch (error) {
      if (error instanceof Ended) return;
      this.chips.replaceChildren(); // a page without suggestions is still a page
    }
  }

  /** Start a new conversation. */
  afresh() {
    this.stop();
    this.sources.close();
    this.talk = null;
    this.log.replaceChildren();
    this.welcome.hidden = false;
    this.field.focus();
  }

  /** Show a conversation of before, to be continued. */
  async open(id) {
    this.stop();
    this.sources.close();
    try {
      const talk = await call(`/v1/ai/conversations/${id}`);
      this.talk = id;
      this.welcome.hidden = true;
      this.log.replaceChildren();
      for (const said of talk.messages) {
        if (said.role === "user") this.log.append(question(said.text));
        else this.answer(said.question ?? "").finish(said);
      }
      this.toEnd();
      this.field.focus();
    } catch (error) {
      told(error);
    }
  }

  answer(asked) {
    const answer = new Answer(this, asked);
    this.log.append(answer.element);
    return answer;
  }

  /** Ask, and show the answer as it comes. */
  async ask(text) {
    if (!text || this.stopper) return;
    this.welcome.hidden = true;
    this.log.append(question(text));
    const answer = this.answer(text);
    this.pending = text;
    this.field.value = "";
    this.begin();
    this.toEnd();
    try {
      await this.follow(answer, text);
    } catch (error) {
      await this.failed(answer, text, error);
    } finally {
      this.ended();
    }
  }

  async follow(answer, text) {
    const response = await request("/v1/ai/ask", {
      method: "POST",
      headers: { Accept: "text/event-stream" },
      body: { course_id: this.course, question: text, conversation_id: this.talk },
      signal: this.stopper.signal,
    });
    for await (const { event, data } of events(response)) {
      this.arrived();
      const near = this.atEnd();
      if (data.conversation_id) this.talk = data.conversation_id;
      if (event === "error") throw new Refused(0, data.code, data.detail);
      answer.take(event, data);
      if (near) this.toEnd();
    }
    if (!answer.done) throw new TypeError("cut off");
    announce(word("answer_ready"));
  }

  arrived() {
    if (!this.pending) return;
    this.pending = "";
    this.typed();
  }

  async failed(answer, text, error) {
    const arrived = !this.pending;
    this.pending = "";
    if (error.name === "AbortError") {
      answer.halted();
      announce(word("stopped"));
      return;
    }
    if (error instanceof TypeError && arrived && (await this.recovered(answer, text))) return;
    // What was asked goes back to the composer when nothing else stands there.
    if (!this.field.value) this.field.value = text;
    this.typed();
    if (error instanceof Ended) return;
    answer.broke(error instanceof Refused ? error.message : word("offline"), () => {
      answer.element.previousElementSibling?.remove();
      answer.element.remove();
      if (this.field.value.trim() === text) this.field.value = "";
      this.ask(text);
    });
  }

  /** A line that was cut (a tunnel, a sleeping phone) lost nothing: the server has the answer. */
  async recovered(answer, text) {
    try {
      const { messages } = await call(`/v1/ai/conversations/${this.talk}`);
      const [asked, answered] = messages.slice(-2);
      if (asked?.text !== text || answered?.role === "user") return false;
      answer.finish(answered);
      announce(word("answer_ready"));
      return true;
    } catch {
      return false; // still offline, or not kept: the retry button stands
    }
  }

  begin() {
    this.stopper = new AbortController();
    this.button("stop", word("stop"));
    this.typed();
    announce(word("answering"));
  }

  ended() {
    this.stopper = null;
    this.button("send", word("send"));
    this.typed();
  }

  button(name, label) {
    this.send.replaceChildren(icon(name));
    this.send.setAttribute("aria-label", label);
    this.send.title = label;
  }

  stop() {
    this.stopper?.abort();
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.end.hidden = true;
  }
}

function question(text) {
  return h("div", { class: "turn user", dir: "auto" }, h("span", { class: "hide-away" }, word("you")), text);
}

/** One answer: its words, its sources, and what can be done with it. */
export class Answer {
  constructor(chat, asked) {
    this.chat = chat;
    this.asked = asked;
    this.text = "";
    this.cites = new Map(); // number → citation, as the server verified it
    this.done = false;
    this.wait = h("p", { class: "thinking" }, h("i"), h("span", {}, word("looking")));
    this.prose = h("div", { class: "prose", dir: "auto" });
    this.element = h("article", { class: "turn tutor", "aria-label": word("tutor") }, this.wait, this.prose);
  }

  take(event, data) {
    if (event === "status") this.wait.lastChild.textContent = word(`status_${data.code}`);
    if (event === "delta") this.grow(data.text);
    if (event === "cite") this.cites.set(data.n, data);
    if (event === "done") this.finish(data);
  }

  grow(text) {
    this.text += text;
    this.wait.hidden = true;
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      if (!this.done) this.draw();
    });
  }

  draw(afresh = false) {
    render(this.prose, this.text, (n) => this.mark(n), afresh);
  }

  mark(n) {
    const cited = this.cites.get(n);
    if (!cited) return null;
    const label = word("source_n", { n, title: cited.title });
    const open = (event) => this.chat.sources.open(this.id, cited, event.currentTarget);
    return h("button", { type: "button", class: "cite", "aria-label": label, title: cited.title, "aria-haspopup": "dialog", onclick: open }, String(n));
  }

  /** The whole answer as the server keeps it. */
  finish(told) {
    this.done = true;
    this.wait.remove();
    this.id = told.message_id ?? told.id;
    this.text = told.answer ?? told.text ?? this.text;
    this.cites = new Map((told.citations ?? []).map((cited) => [cited.n, cited]));
    this.draw(true);
    if (told.notice) this.element.prepend(h("p", { class: "note" }, told.notice));
    this.list();
    this.tools(told.feedback ?? null);
  }

  list() {
    if (!this.cites.size) return;
    const row = (cited) =>
      h(
        "button",
        { type: "button", class: "quiet", "aria-haspopup": "dialog", onclick: (event) => this.chat.sources.open(this.id, cited, event.currentTarget) },
        h("span", { class: "cite-number", "aria-hidden": "true" }, String(cited.n)),
        h("span", { dir: "auto" }, cited.title),
      );
    this.element.append(h("nav", { class: "sources", "aria-label": word("sources") }, ...[...this.cites.values()].map(row)));
  }

  tools(given) {
    const copy = iconButton("copy", word("copy"), async () => {
      await navigator.clipboard.writeText(this.text).then(() => toast(word("copied")), () => toast(word("not_copied")));
    });
    this.thumbs = [true, false].map((good) =>
      iconButton(good ? "up" : "down", word(good ? "good" : "bad"), () => this.judge(good), { "aria-pressed": String(given?.good === good) }),
    );
    this.element.append(h("footer", {}, copy, ...(this.id ? this.thumbs : [])));
  }

  async judge(good) {
    const reason = good ? "" : await confirm({ title: word("why_bad"), confirm: word("send"), value: "" });
    if (reason === null) return;
    try {
      await call(`/v1/ai/messages/${this.id}/feedback`, { method: "POST", body: { good, reason } });
      this.thumbs.forEach((thumb, i) => thumb.setAttribute("aria-pressed", String((i === 0) === good)));
      toast(word("thanks"));
    } catch (error) {
      told(error);
    }
  }

  halted() {
    this.done = true;
    this.wait.remove();
    if (this.text) this.draw(true);
    this.element.append(h("p", { class: "soft" }, word("stopped")));
  }

  broke(text, retry) {
    this.wait.remove();
    this.element.append(
      h("div", { class: "note bad row", role: "alert" }, h("span", { class: "grow" }, text), h("button", { type: "button", onclick: retry }, icon("retry"), word("retry"))),
    );
  }
}

function told(error) {
  if (error instanceof Ended) return;
  toast(error instanceof Refused ? error.message : word("offline"));
}
