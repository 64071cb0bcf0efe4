// The grades page: what was changed is counted and sent; how each grade stands is kept fresh.
//
// The server answers everything with the rows as they stand now. What is different is taken over
// here, row by row: nothing that somebody types is lost, nothing jumps.

import { announce, clocks, word } from "./dom.js";
import { Ended, closed, request } from "./session.js";

const SOON = 2_500; // milliseconds between two looks while something moves
const EACH = 20; // and for every student: a large class is a large answer
const SELDOM = 20_000; // and while nothing seems to

/** Wake the form. */
export default function start(root) {
  return new Grades(root);
}

class Grades {
  constructor(root) {
    this.root = root;
    this.button = root.querySelector("[data-part='approve']");
    this.told = root.querySelector("[data-part='told']");
    this.back = document.querySelector("[data-part='back']");
    root.addEventListener("input", ({ target }) => this.typed(target.closest(".mark")));
    root.addEventListener("change", ({ target }) => target.name === "hold" && this.choose(target.value));
    root.addEventListener("click", ({ target }) => target.closest("[data-act='correct']") && this.correct(target.closest(".mark")));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("htmx:configRequest", (event) => event.target === root && this.fill(event));
    root.addEventListener("htmx:beforeSwap", (event) => this.answered(event));
    window.addEventListener("beforeunload", (event) => root.isConnected && this.changed().length && event.preventDefault());
    this.zone();
    this.count();
    this.look();
  }

  glance = () => this.root.querySelector("#at-a-glance");
  rows = () => [...this.root.querySelectorAll(".mark")];
  fields = (row) => [row.querySelector("input"), row.querySelector("textarea")];
  differs = (field) => field.value.trim() !== field.dataset.was.trim();

  /** The rows whose points or comment are not what was approved last. */
  changed() {
    return this.rows().filter((row) => this.fields(row)[0].value.trim() && this.fields(row).some(this.differs));
  }

  /** What was typed and not approved, as lines of text: shown when the session has ended. */
  unsent() {
    const line = (row) => [row.querySelector(".who").textContent.trim(), ...this.fields(row).map((field) => field.value.trim())];
    return this.changed().map((row) => line(row).filter(Boolean).join("\t")).join("\n");
  }

  typed(row) {
    if (row) {
      row.dataset.key = ""; // the same fault again is told again
      this.fault(row, "");
    }
    this.count();
  }

  count() {
    const changed = new Set(this.changed());
    const n = changed.size;
    this.button.setAttribute("aria-disabled", n === 0);
    this.button.textContent = n === 0 ? word("approve") : n === 1 ? word("approve_one") : word("approve_n", { n });
    if (n) this.back?.setAttribute("hx-confirm", n === 1 ? word("leave_typed_one") : word("leave_typed", { n }));
    else this.back?.removeAttribute("hx-confirm");
    for (const row of this.rows()) {
      row.classList.toggle("changed", changed.has(row));
      const [hint, text] = [row.querySelector(".hint"), this.hint(row, changed.has(row))];
      if (hint.textContent !== text) hint.textContent = text;
    }
  }

  /** What to say of what stands in a row's fields; "" when that is what was approved. */
  hint(row, changed) {
    const [points, comment] = this.fields(row);
    const maximum = Number(this.root.dataset.maximum);
    if (!points.value.trim() && points.dataset.was) return word("no_taking_back");
    if (!points.value.trim() && comment.value.trim()) return word("needs_points");
    if (!changed || row.querySelector(".fault").textContent) return "";
    const over = Number(points.value.trim().replace(",", ".")) > maximum;
    return over ? `${word("not_approved")} · ${word("over_maximum", { maximum })}` : word("not_approved");
  }

  choose(hold) {
    this.root.querySelector(".at").hidden = hold !== "at";
  }

  /** Write out the zone that the moment of release is in. */
  zone() {
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { timeZoneName: "long" });
    const zone = format.formatToParts().find((part) => part.type === "timeZoneName");
    this.root.querySelector("#zone").textContent = zone?.value ?? "";
  }

  correct(row) {
    const [points, comment] = this.fields(row);
    points.readOnly = comment.readOnly = false;
    if (row.dataset.code === "refused") points.dataset.was = ""; // the same may be approved anew
    points.select();
    points.focus();
    this.count();
  }

  /** Enter and the arrows go from student to student, as in a table. */
  key(event) {
    const { target, key } = event;
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step || !target.name?.startsWith("points-")) return;
    event.preventDefault();
    const all = this.rows().map((row) => this.fields(row)[0]);
    const next = all[all.indexOf(target) + step];
    next?.focus();
    next?.select();
  }

  /** Send the changed rows alone, and the moment of release with its zone. */
  fill(event) {
    if (!this.changed().length) return event.preventDefault(); // pressed twice
    const form = event.detail.formData;
    const local = this.root.querySelector("[data-part='local']").value;
    for (const name of [...new Set(form.keys())]) if (name !== "hold") form.delete(name);
    form.set("at", local ? new Date(local).toISOString() : "");
    for (const row of this.changed()) {
      form.append("user", row.dataset.user);
      for (const field of this.fields(row)) form.append(field.name, field.value);
    }
  }

  /** Take an answer over ourselves; what was refused is told by the shell. */
  answered({ detail }) {
    if (detail.target !== this.root) return;
    detail.shouldSwap = false;
    if (detail.xhr.status !== 200) return;
    const { path, formData } = detail.requestConfig;
    const glance = this.take(detail.xhr.responseText, { undone: path.endsWith("/undo"), sent: formData });
    const { said, refusal } = glance.dataset;
    this.told.classList.toggle("bad", Boolean(refusal));
    this.told.textContent = said ?? refusal ?? "";
    this.root.querySelector("[aria-invalid]")?.focus();
    this.look();
  }

  /** Look again in a while, how long being what the page shows now. */
  look() {
    clearTimeout(this.timer);
    const pause = this.glance().dataset.soon ? SOON + EACH * this.rows().length : SELDOM;
    this.timer = setTimeout(() => this.again(), pause);
  }

  async again() {
    if (!this.root.isConnected) return;
    try {
      if (!document.hidden) await this.refresh();
    } catch (error) {
      if (error instanceof Ended || closed(error)) return;
    }
    this.look();
  }

  async refresh() {
    const before = this.needy();
    const answer = await request(`${this.root.dataset.standing}?known=${this.glance().dataset.key}`);
    if (answer.status === 204 || !this.root.isConnected) return;
    const was = this.glance().dataset.soon;
    this.take(await answer.text());
    // Said aloud once all of it has arrived, or somebody is needed: not at every step.
    const needy = this.needy();
    if (needy > before || (was && !this.glance().dataset.soon)) announce(this.summary());
  }

  tags = () => [...this.glance().querySelectorAll(".tag")];
  needy = () => this.tags().filter((tag) => tag.matches(".no")).reduce((sum, tag) => sum + Number(tag.dataset.n), 0);
  summary = () => this.tags().map((tag) => tag.textContent).join(", ");

  /** Take over what is different in `html`; return its glance. */
  take(html, act = null) {
    const told = document.createElement("template");
    told.innerHTML = html;
    if (told.content.querySelector("[data-refusal]")) act.sent = null; // nothing of it was taken
    // The gradebook's maximum may be known only once it was read.
    this.root.dataset.maximum = told.content.querySelector("#at-a-glance").dataset.maximum;
    let last = null;
    for (const row of told.content.querySelectorAll(".mark")) {
      const here = document.getElementById(row.id);
      if (here) this.merge(here, row, act);
      else this.add(row, last);
      last = here ?? row;
    }
    const [old, glance] = [this.glance(), told.content.querySelector("#at-a-glance")];
    const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
    old.replaceWith(glance);
    this.wake(glance);
    if (focus) (document.getElementById(focus) ?? document.getElementById("main")).focus({ preventScroll: true });
    this.count();
    return glance;
  }

  add(row, last) {
    const list = this.root.querySelector(".marks");
    list.querySelector(":scope > :not(.mark)")?.remove();
    if (last) last.after(row);
    else list.prepend(row);
    this.wake(row);
  }

  /** Make a row say what `row` says; what is typed in it and was not sent stays. */
  merge(here, row, act) {
    const [standing, theirs] = [here, row].map((one) => one.querySelector(".standing"));
    here.querySelector(".points .soft").textContent = row.querySelector(".points .soft").textContent;
    const focused = standing.contains(document.activeElement);
    if (here.dataset.key === row.dataset.key) return;
    const undone = Boolean(act?.undone) && here.dataset.code === "held" && row.dataset.code !== "held";
    const [ours, fresh] = [here, row].map(this.fields);
    const mine = ours.map((field) => undone || (this.differs(field) && act?.sent?.get(field.name) !== field.value));
    const open = mine.includes(true) || ours.includes(document.activeElement);
    ours.forEach((field, n) => {
      field.dataset.was = fresh[n].dataset.was;
      if (!mine[n] && field.value !== fresh[n].value) field.value = fresh[n].value;
      field.readOnly = fresh[n].readOnly && !open;
    });
    if (act) this.fault(here, row.querySelector(".fault").textContent);
    Object.assign(here.dataset, { key: row.dataset.key, code: row.dataset.code });
    const pressed = focused && document.activeElement.textContent;
    standing.replaceWith(theirs);
    this.wake(theirs);
    const same = [...theirs.querySelectorAll("button")].find((button) => button.textContent === pressed);
    if (focused) (same ?? ours[0]).focus({ preventScroll: true });
  }

  fault(row, text) {
    row.querySelector(".fault").textContent = text;
    if (text) this.fields(row)[0].setAttribute("aria-invalid", "true");
    else this.fields(row)[0].removeAttribute("aria-invalid");
  }

  wake(element) {
    window.htmx.process(element);
    clocks(element);
  }
}
