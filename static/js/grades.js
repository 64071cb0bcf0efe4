// The grades page: what was changed is counted and sent; how each grade stands is kept fresh.

import { announce, clocks, word } from "./dom.js";
import { Ended, request } from "./session.js";

const SOON = 2_500; // milliseconds between two looks while something moves
const SELDOM = 20_000; // and while nothing seems to

/** Wake the form. */
export default function start(root) {
  return new Grades(root);
}

class Grades {
  constructor(root) {
    this.root = root;
    this.button = root.querySelector("[data-part='approve']");
    root.addEventListener("input", () => this.count());
    root.addEventListener("change", (event) => event.target.name === "hold" && this.choose(event.target.value));
    root.addEventListener("click", (event) => event.target.closest("[data-act='correct']") && this.correct(event.target.closest(".mark")));
    root.addEventListener("htmx:configRequest", (event) => event.target === root && this.fill(event.detail.formData));
    this.count();
    this.look();
  }

  /** The rows whose points or comment are not what was approved last. */
  changed() {
    return [...this.root.querySelectorAll(".mark")].filter((row) => {
      const [points, comment] = this.fields(row);
      if (!points.value.trim()) return false;
      return points.value.trim() !== points.dataset.was || comment.value.trim() !== comment.dataset.was.trim();
    });
  }

  fields = (row) => [row.querySelector("input"), row.querySelector("textarea")];

  count() {
    if (!this.button) return;
    const n = this.changed().length;
    this.button.disabled = n === 0;
    this.button.textContent = n === 0 ? word("approve") : n === 1 ? word("approve_one") : word("approve_n", { n });
  }

  choose(hold) {
    const at = this.root.querySelector(".at");
    at.hidden = hold !== "at";
    at.querySelector("[data-part='local']").required = hold === "at";
  }

  correct(row) {
    for (const field of this.fields(row)) field.readOnly = false;
    this.fields(row)[0].select();
    this.fields(row)[0].focus();
  }

  /** Send the changed rows alone, and the moment of release with its zone. */
  fill(form) {
    const local = this.root.querySelector("[data-part='local']").value;
    for (const name of [...new Set(form.keys())]) if (name !== "hold") form.delete(name);
    form.set("at", local ? new Date(local).toISOString() : "");
    for (const row of this.changed()) {
      const [points, comment] = this.fields(row);
      form.append("user", row.dataset.user);
      form.append(points.name, points.value);
      form.append(comment.name, comment.value);
    }
  }

  async look() {
    const glance = () => this.root.querySelector("#at-a-glance");
    await new Promise((done) => setTimeout(done, glance()?.dataset.moving ? SOON : SELDOM));
    if (!this.root.isConnected) return;
    try {
      if (!document.hidden) this.refresh(await (await request(this.root.dataset.standing)).text());
    } catch (error) {
      if (error instanceof Ended) return;
    }
    this.look();
  }

  /** Take over what changed, and nothing that somebody is writing or about to press. */
  refresh(html) {
    const told = document.createElement("template");
    told.innerHTML = html;
    for (const row of told.content.querySelectorAll(".mark")) {
      const here = document.getElementById(row.id);
      if (!here || here.dataset.key === row.dataset.key || here.contains(document.activeElement)) continue;
      const [points, comment] = this.fields(here);
      const written = !points.readOnly && this.changed().includes(here);
      here.dataset.key = row.dataset.key;
      here.querySelector(".standing").replaceWith(row.querySelector(".standing"));
      if (!written) [points, comment].forEach((field, n) => (field.readOnly = this.fields(row)[n].readOnly));
      this.wake(here.querySelector(".standing"));
    }
    const [old, glance] = [this.root.querySelector("#at-a-glance"), told.content.querySelector("#at-a-glance")];
    if (old.dataset.key !== glance.dataset.key && !old.contains(document.activeElement)) {
      old.replaceWith(glance);
      this.wake(glance);
      announce([...glance.querySelectorAll(".tag")].map((tag) => tag.textContent).join(", "));
    } else old.dataset.moving = glance.dataset.moving;
  }

  wake(element) {
    window.htmx.process(element);
    clocks(element);
  }
}
