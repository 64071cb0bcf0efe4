// A passage as its page shows it: tables as tables, code as code, the quoted words marked.
//
// A passage arrives as plain text. Rows of a table are lines with " | " between their cells; code
// is told by how its lines look, so a mistake costs a typeface and no more.

import { h } from "./dom.js";
import { formulas } from "./markdown.js";

const CELL = " | ";
const CODE = new RegExp(
  [
    "^(\\s{2,}|\\t)\\S", // indented
    "^(for|while|if|elif|else|try|except|finally|with|def|class)\\b.*:\\s*(#.*)?$",
    "^(from\\s+\\S+\\s+import|import|return|print|assert|raise|del|@\\w+)\\b.*[^.]$",
    "^[\\w.\\[\\]\"']+\\s*([-+*/]?=)\\s*\\S.*[^.]$",
    "^[\\w.]+\\(.*\\)\\s*(#.*)?$",
    "^(\\$|>>>|#!)\\s?\\S",
    "^[\\])}]+[,;]?$",
  ].join("|"),
);

/** Return elements for `passage`, `quote` marked in them however its spaces fell. */
export function shown(passage, quote) {
  const [from, to] = place(passage, quote);
  return pieces(passage).map((piece) => element(piece, from, to));
}

/** Where `quote` stands in `passage`: [first, after the last], or [0, 0]. */
function place(passage, quote) {
  const parts = quote.trim().split(/\s+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const found = parts[0] ? new RegExp(parts.join("\\s+"), "iu").exec(passage) : null;
  return found ? [found.index, found.index + found[0].length] : [0, 0];
}

/** Cut a text into runs of lines of one kind; each with the place of its first line. */
export function pieces(text) {
  const lines = text.split("\n");
  const found = [];
  let at = 0;
  lines.forEach((line, n) => {
    const kind = kindOf(lines, n, found.at(-1)?.kind);
    if (found.at(-1)?.kind === kind) found.at(-1).lines.push(line);
    else found.push({ kind, at, lines: [line] });
    at += line.length + 1;
  });
  return found;
}

function kindOf(lines, n, before) {
  const line = lines[n];
  const cells = line.split(CELL).length;
  if (cells > 1 && [lines[n - 1], lines[n + 1]].some((beside) => beside?.split(CELL).length === cells)) return "table";
  if (CODE.test(line)) return "code";
  // An empty line within code.
  return !line.trim() && before === "code" && lines.slice(n).find((next) => next.trim())?.match(CODE) ? "code" : "prose";
}

function element({ kind, at, lines }, from, to) {
  const line = (text, start) => marked(text, from - start, to - start);
  if (kind === "table") {
    const row = (text, start) => {
      let place = start;
      const cells = text.split(CELL).map((cell) => {
        const made = h("td", {}, ...line(cell, place));
        place += cell.length + CELL.length;
        return made;
      });
      return h("tr", {}, ...cells);
    };
    const rows = lines.map((text, n) => row(text, at + before(lines, n)));
    return h("div", { class: "scroll-x" }, h("table", { dir: "auto" }, h("tbody", {}, ...rows)));
  }
  const text = lines.join("\n");
  if (kind === "code") return h("pre", { tabindex: "0" }, h("code", {}, ...split(text, from - at, to - at, (part) => [part])));
  return h("p", { dir: "auto" }, ...marked(text, from - at, to - at));
}

const before = (lines, n) => lines.slice(0, n).reduce((sum, text) => sum + text.length + 1, 0);
const marked = (text, from, to) => split(text, from, to, formulas);

/** Cut `text` before and after the mark; `make` gives the nodes of each part. */
function split(text, from, to, make) {
  const first = Math.max(0, from);
  const last = Math.min(text.length, to);
  if (last <= first) return make(text);
  const mark = h("mark", {}, ...make(text.slice(first, last)));
  return [...make(text.slice(0, first)), mark, ...make(text.slice(last))];
}
