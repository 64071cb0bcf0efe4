// The picker of deep linking: finding a part of the course, counting what is chosen, sending.

import { announce, word } from "./dom.js";

/** Wake the picker, or the form that goes back to the platform. */
export default function start(root) {
  if ("send" in root.dataset) return root.querySelector("form").submit();
  if (root.matches("form")) return new Picker(root);
}

class Picker {
  constructor(root) {
    this.root = root;
    this.add = root.querySelector("[data-part='add']");
    root.addEventListener("input", ({ target }) => this.typed(target));
    // Enter in the search is no wish to place anything.
    root.addEventListener("keydown", (event) => event.key === "Enter" && event.target.matches("[type='search']") && event.preventDefault());
    // What is not chosen, or folded away, is no part of it.
    root.addEventListener("htmx:configRequest", (event) => event.target === root && this.fill(event));
    this.count();
  }

  typed(target) {
    if (target.matches("[type='search']")) this.filter(target);
    else this.count();
  }

  /** Show the lines with these words, and the modules they are in; of a module that has them, all. */
  filter(field) {
    const sought = plain(field.value).split(/\s+/).filter(Boolean);
    const more = field.closest(".more");
    const lines = [...more.querySelectorAll("li")];
    const fits = (line) => sought.every((one) => plain(line.querySelector(".pick").textContent).includes(one));
    const shown = new Set();
    let above = []; // the lines this one is in
    for (const line of lines) {
      above = [...above.slice(0, depth(line)), line];
      if (above.some((one) => fits(one) && (one === line || one.matches(".module")))) above.forEach((one) => shown.add(one));
    }
    lines.forEach((line) => (line.hidden = !shown.has(line)));
    more.querySelector("[data-part='none']").hidden = shown.size > 0;
    if (!shown.size) announce(more.querySelector("[data-part='none']").textContent);
  }

  chosen = (name) => [...this.root.querySelectorAll(`input[name='${name}']:checked`)];

  /** How many links there will be. */
  links() {
    const what = this.chosen("what").map((one) => one.value);
    return what.filter((one) => one !== "part").length + (what.includes("part") ? this.chosen("part").length : 0);
  }

  count() {
    const n = this.links();
    this.add.disabled = n === 0;
    this.add.textContent = n > 1 ? word("place_n", { n }) : word("place_one");
  }

  fill({ detail }) {
    const what = this.chosen("what").map((one) => one.value);
    if (!what.includes("part")) detail.formData.delete("part");
    if (!what.includes("practice")) detail.formData.delete("from");
    if (!this.chosen("graded").length) detail.formData.delete("points");
  }
}

const depth = (line) => Number(/deep-(\d)/.exec(line.className)[1]);
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
