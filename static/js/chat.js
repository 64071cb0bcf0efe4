// The student's page: questions, answers as they arrive, and where each answer stands.

import { Attached, shown } from "./attach.js";
import { announce, ask as confirm, h, icon, iconButton, toast, word } from "./dom.js";
import { keepDraft, recall } from "./draft.js";
import { render } from "./markdown.js";
import { person } from "./person.js";
import { call, closed, Ended, inWords, newKey, Refused, request } from "./session.js";
import { Sources } from "./sources.js";
import { events, settled } from "./stream.js";
import { openTalks } from "./talks.js";

const NEAR = 80; // pixels from the end at which we count as "reading the newest"
const LONGEST = 4000; // characters of a question
const AGAIN = 10_000; // milliseconds until a course without suggestions is asked again
const EDGE = 8; // pixels above the question when an answer is longer than the view

/** Start the chat inside `root` (templates/student/chat.html). */
export default function start(root) {
  return new Chat(root);
}

class Chat {
  constructor(root) {
    this.root = root;
    this.course = root.dataset.course;
    this.draftKey = `draft:${this.course}:${root.dataset.user}`; // a computer may be shared
    this.run = null; // the answer under way
    this.broken = null; // the last question without an answer
    this.newest = null; // the last question asked here
    this.opening = null; // a conversation of before that is on its way
    this.follows = true; // the view goes along with what arrives
    this.top = 0; // of the view, in pixels
    this.pending = ""; // asked, and not known to have arrived
    this.sources = new Sources(root.querySelector(".sheet"));
    for (const part of ["log", "welcome", "scroll", "form", "field", "send", "end", "chips"]) {
      this[part] = root.querySelector(`[data-part="${part}"]`);
    }
    this.attached = new Attached(this);
    this.wayAgain();
    this.listen();
    person(this);
    this.field.value = recall(this.draftKey);
    this.typed();
    if (!this.form.hidden) this.suggest();
    // A reload in the middle of a conversation comes back to it.
    if (history.state?.talk) this.open(history.state.talk);
  }

  /** The conversation's id; kept in the history's entry, for a reload. */
  get talk() {
    return this.shown ?? null;
  }

  set talk(id) {
    this.shown = id;
    history.replaceState({ ...history.state, talk: id }, "");
  }

  /** How the student wants to be helped; null where the teacher decided. */
  get way() {
    return this.root.querySelector("[data-part='ways'] input:checked")?.value ?? null;
  }

  /** Choose again what the student chose here before: a reload, and other pages, do not change it. */
  wayAgain() {
    const ways = this.root.querySelector("[data-part='ways']");
    const key = `way:${this.course}:${this.root.dataset.user}`;
    const before = ways?.querySelector(`input[value="${CSS.escape(recall(key))}"]`);
    if (before) before.checked = true;
    ways?.addEventListener("change", () => keepDraft(key, this.way));
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.run) this.stop();
      else this.ask(this.field.value.trim());
    });
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => {
      // 229: a Safari that has just ended a composition with Enter says isComposing is false.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      if (!this.run) this.form.requestSubmit();
    });
    this.scroll.addEventListener("scroll", () => this.moved(), { passive: true });
    new ResizeObserver(() => this.grew()).observe(this.log);
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
    this.send.disabled = !this.run && !this.field.value.trim();
  }

  async suggest(left = 6) {
    try {
      const { questions } = await call("/v1/ai/suggestions");
      const chip = (text) => h("button", { type: "button", onclick: () => this.ask(text) }, text);
      this.chips.replaceChildren(...questions.slice(0, 4).map(chip));
      // The course may be read just now.
      if (!questions.length && left && this.root.isConnected) setTimeout(() => this.suggest(left - 1), AGAIN);
    } catch (error) {
      if (error instanceof Ended) return;
      this.chips.replaceChildren(); // a page without suggestions is still a page
    }
  }

  /** Start a new conversation. */
  afresh() {
    this.leave();
    this.opening = null;
    this.sources.close();
    this.talk = null;
    this.log.replaceChildren();
    this.welcome.hidden = false;
    this.field.focus();
  }

  /** Show a conversation of before, to be continued. */
  async open(id) {
    this.leave();
    this.sources.close();
    const mine = (this.opening = call(`/v1/ai/conversations/${id}`));
    try {
      const talk = await mine;
      if (this.opening !== mine) return; // another one was chosen meanwhile
      this.opening = null;
      this.talk = id;
      this.welcome.hidden = true;
      this.log.replaceChildren();
      let text = "";
      let waits = null;
      for (const said of talk.messages) {
        if (said.role === "user") this.log.append(question((text = said.text), said.attachments));
        else if (said.state === "streaming") waits = { text, id: said.id, talk: id, answer: this.answer(text) };
        else this.show(this.answer(text), said, text);
      }
      this.toEnd();
      this.field.focus();
      if (waits) await this.resume(waits);
    } catch (error) {
      if (this.opening === mine) this.opening = null;
      told(error);
    }
  }

  answer(asked) {
    const answer = new Answer(this, asked);
    this.log.append(answer.element);
    return answer;
  }

  /** Ask, and show the answer as it comes. What was asked in vain before is asked as the same. */
  async ask(text) {
    if (!text || this.run) return;
    if (text.length > LONGEST) return toast(word("too_long", { n: LONGEST }));
    await this.opening?.catch(() => {}); // it goes on in the conversation that was chosen
    if (this.attached.under.size) await this.attached.settled();
    if (this.run || !this.root.isConnected) return; // pressed twice meanwhile
    const before = this.broken?.text === text ? this.broken : null;
    before?.drop();
    // The button that asked goes with the welcome; a touch screen would open its keyboard.
    if (this.welcome.contains(document.activeElement) && matchMedia("(pointer: fine)").matches) this.field.focus();
    this.welcome.hidden = true;
    const sent = this.attached.list();
    const asked = question(text, sent);
    this.log.append(asked);
    const run = { text, sent, asked, turn: before?.turn ?? newKey(), again: Boolean(before?.turn), answer: this.answer(text) };
    this.pending = text;
    if (this.field.value.trim() === text) this.field.value = "";
    this.attached.clear();
    this.newest = asked;
    this.begin(run);
    this.toEnd();
    try {
      await this.follow(run);
    } catch (error) {
      await this.failed(run, error);
    } finally {
      this.ended(run);
    }
  }

  async follow(run) {
    const { answer } = run;
    const response = await request("/v1/ai/ask", {
      method: "POST",
      keyed: false, // by its turn, asked again under which an answer under way is waited for
      headers: { Accept: "text/event-stream" },
      body: { course_id: this.course, question: run.text, conversation_id: this.talk, turn: run.turn, way: this.way, attachments: run.sent.map(({ id }) => id) },
      signal: run.line.signal,
    });
    for await (const { event, data } of events(response)) {
      run.id ??= data.message_id;
      if (data.conversation_id && answer.element.isConnected) this.talk = run.talk = data.conversation_id;
      if (run.over) return this.halt(run); // stopped before it was known which answer it is
      this.arrived();
      if (event === "error") throw new Refused(0, data.code, data.detail);
      // What is replayed does not say how it ended; the conversation does.
      if (event === "done" && run.again && (await this.recovered(run))) return;
      answer.take(event, data);
    }
    if (!answer.done) throw new TypeError("cut off");
    announce(word("answer_ready"));
  }

  arrived() {
    if (!this.pending) return;
    this.pending = "";
    this.typed();
  }

  async failed(run, error) {
    if (run.over) return; // stopped, or left for another conversation
    const { answer, text } = run;
    this.pending = "";
    if (error instanceof TypeError && run.id && (await this.recovered(run))) return;
    // What was asked goes back to the composer when nothing else stands there.
    if (!this.field.value) this.field.value = text;
    if (!this.attached.files.length) this.attached.restore(run.sent);
    this.typed();
    if (error instanceof Ended) return;
    const drop = () => [run.asked, answer.element].forEach((element) => element.remove());
    const broken = { text, turn: lost(error) ? run.turn : null, drop };
    this.broken = broken;
    announce(inWords(error));
    answer.broke(inWords(error), !closed(error) && (() => {
      this.broken = broken;
      this.ask(text);
    }));
  }

  /** Show how an answer ended whose line was cut; false when that cannot be learned now. */
  async recovered(run) {
    const grow = (text) => run.over || run.answer.reach(text);
    const ended = await settled(run.talk, run.id, { grow, signal: run.line.signal });
    if (run.over) return true;
    if (!ended) return false;
    this.show(run.answer, ended, run.text);
    announce(word(ended.state === "done" ? "answer_ready" : ended.state));
    return true;
  }

  /** Wait for an answer that was under way when its conversation was opened. */
  async resume(run) {
    this.begin(run);
    if (!(await this.recovered(run))) run.answer.broke(word("offline"), () => this.open(run.talk));
    this.ended(run);
  }

  show(answer, ended, text) {
    answer.finish(ended);
    if (["interrupted", "error"].includes(ended.state)) answer.broke(word("interrupted"), () => this.ask(text));
  }

  begin(run) {
    run.line = new AbortController();
    this.run = run;
    this.broken = null;
    this.button("stop", word("stop"));
    this.typed();
    announce(word("answering"));
  }

  ended(run) {
    if (this.run !== run) return;
    this.run = null;
    this.button("send", word("send"));
    this.typed();
  }

  button(name, label) {
    this.send.replaceChildren(icon(name));
    this.send.setAttribute("aria-label", label);
    this.send.title = label;
  }

  /** End the answer under way, here and on the server; what was said stays. */
  stop() {
    const { run } = this;
    this.release(run);
    run.answer.halted();
    announce(word("stopped"));
    if (run.id) this.halt(run);
  }

  halt(run) {
    call(`/v1/ai/messages/${run.id}/stop`, { method: "POST" }).catch(told);
    run.line.abort();
  }

  /** Turn away from the answer under way; the server goes on, and its conversation will show it. */
  leave() {
    const { run } = this;
    this.broken = null;
    if (!run) return;
    this.release(run);
    run.line.abort();
  }

  release(run) {
    run.over = true;
    this.pending = "";
    this.ended(run);
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  toEnd() {
    this.follows = true;
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.end.hidden = true;
  }

  /** The reader moved the view: upwards they read on their own, at the end they follow again. */
  moved() {
    const up = this.scroll.scrollTop < this.top;
    this.top = this.scroll.scrollTop;
    if (this.atEnd()) this.follows = true;
    else if (up) this.follows = false;
    this.end.hidden = this.atEnd();
  }

  /** More stands here now. The view follows until the question is at its top: there one reads on. */
  grew() {
    if (this.follows) {
      const edge = this.scroll.getBoundingClientRect().top;
      const start = this.newest?.isConnected ? this.newest.getBoundingClientRect().top - edge - EDGE : Infinity;
      this.scroll.scrollTop = Math.min(this.scroll.scrollTop + start, this.scroll.scrollHeight);
    }
    this.end.hidden = this.atEnd();
  }
}

/** Leave for one item on what was solved here, without help. */
function alone(check) {
  window.htmx.ajax("GET", `/pages/practice?check=${encodeURIComponent(check)}`, { target: document.getElementById("app"), swap: "innerHTML" });
}

/** The page a citation stands on, and under which heading. */
function where({ title, heading_path: path }) {
  const heading = path?.at(-1);
  return heading && heading !== title ? `${title} › ${heading}` : title;
}

function question(text, sent) {
  return h("div", { class: "turn user", dir: "auto" }, h("span", { class: "hide-away" }, word("you")), text, shown(sent));
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
    if (event === "tool" && data.state === "begun") this.wait.lastChild.textContent = word("status_tool");
    if (event === "delta") this.grow(data.text);
    if (event === "cite") this.cites.set(data.n, data);
    if (event === "done") this.finish(data);
  }

  grow(text) {
    this.reach(this.text + text);
  }

  /** Show `text`, unless more than it stands here already. */
  reach(text) {
    if (text.length <= this.text.length) return;
    this.text = text;
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
    const label = word("source_n", { n, title: cited.title || word("source_hidden") });
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
    this.taken(told);
    this.list();
    this.tools(told.feedback ?? null);
    if (told.state === "stopped") this.element.append(h("p", { class: "soft" }, word("stopped")));
  }

  /** Say how the tutor helped: which step of the ladder this was; and where a person is to be had. */
  taken({ mode, way, hint, offer, check }) {
    if (mode === "model" && way === "guide") this.element.append(h("p", { class: "step soft" }, hint ? `${word("guided")} · ${word("hint_of", hint)}` : word("guided")));
    if (offer === "person") this.element.append(h("p", {}, h("button", { type: "button", "data-act": "person", "aria-haspopup": "dialog" }, word("person"))));
    if (check) this.element.append(h("p", { class: "row" }, h("button", { type: "button", onclick: () => alone(check) }, word("check_alone")), h("small", {}, word("check_why"))));
  }

  list() {
    if (!this.cites.size) return;
    const row = (cited) =>
      h(
        "button",
        { type: "button", class: "quiet", "aria-haspopup": "dialog", onclick: (event) => this.chat.sources.open(this.id, cited, event.currentTarget) },
        h("span", { class: "cite-number", "aria-hidden": "true" }, String(cited.n)),
        h("span", { dir: "auto" }, cited.title ? where(cited) : word("source_hidden")),
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
    const reason = good ? "" : await confirm({ title: word("why_bad"), confirm: word("send"), value: "", optional: true });
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
      h(
        "div",
        { class: "note bad row", role: "alert" },
        h("span", { class: "grow" }, text),
        retry ? h("button", { type: "button", onclick: retry }, icon("retry"), word("retry")) : null,
      ),
    );
  }
}

/** Whether it is unknown if the server got the question. */
const lost = (error) => !(error instanceof Refused) || (error.status >= 502 && error.code === "error");

function told(error) {
  if (error instanceof Ended || error.name === "AbortError") return;
  toast(inWords(error));
}
