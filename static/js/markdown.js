// Markdown to elements, for answers that arrive piece by piece.
//
// Only elements and text nodes are made, never markup from a string. A block that has not changed
// since the last call keeps its element, and a formula of a block that has changed is moved into the
// new one, so nothing already read flickers. What is not closed yet (a formula, emphasis, a link)
// stays text until it is.

import { h, toast, word } from "./dom.js";
import { formula as draw } from "./math.js";

const drawn = new Map(); // formulas of blocks that are made anew: source → elements
let depth = 0; // of renderings in each other

/**
 * Show `text` in `root`. `cite(n)` returns an element for the mark `[n]`, or null for plain text.
 * With `afresh`, every block is made anew (the citations have changed).
 */
export function render(root, text, cite = () => null, afresh = false) {
  const sources = blocks(text);
  const before = afresh ? [] : (root.sources ?? []);
  let same = 0;
  while (same < sources.length && sources[same] === before[same]) same += 1;
  depth += 1;
  while (root.children.length > same) {
    root.lastElementChild.querySelectorAll?.(".math").forEach(keep);
    keep(root.lastElementChild);
    root.lastElementChild.remove();
  }
  for (const source of sources.slice(same)) root.append(block(source, cite));
  root.sources = sources;
  depth -= 1;
  if (!depth) drawn.clear();
}

const named = (tex, block) => `${block}:${tex}`;

function keep(element) {
  if (!element.formula) return;
  const key = element.formula;
  if (!drawn.has(key)) drawn.set(key, []);
  drawn.get(key).push(element);
}

/** A formula's element: the one that was there before, if there was. */
function formula(tex, block) {
  const held = drawn.get(named(tex, block))?.shift();
  if (held) return held;
  return Object.assign(draw(tex, block), { formula: named(tex, block) });
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const ITEM = /^(\s*)([-*+]|\d{1,4}[.)])\s+(.*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const MATH = [
  [/^\s*\\\[/, /\\\]\s*$/],
  [/^\s*\$\$/, /\$\$\s*$/],
];

/** Split into top-level blocks, each a string. */
export function blocks(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const end = endOf(lines, at);
    found.push(lines.slice(at, end).join("\n"));
    at = end;
  }
  return found;
}

function endOf(lines, at) {
  const fence = FENCE.exec(lines[at]);
  if (fence) {
    const close = lines.findIndex((line, i) => i > at && line.trim().startsWith(fence[1]) && !line.trim().replace(/[`~]/g, ""));
    return close < 0 ? lines.length : close + 1;
  }
  for (const [open, shut] of MATH) {
    if (!open.test(lines[at])) continue;
    const alone = lines[at].trim().length > 3 && shut.test(lines[at].replace(open, ""));
    const close = alone ? at : lines.findIndex((line, i) => i > at && shut.test(line));
    if (close >= 0) return close + 1;
  }
  if (HEADING.test(lines[at]) || RULE.test(lines[at])) return at + 1;
  if (ITEM.test(lines[at])) {
    return until(lines, at, (line, i) => !line.trim() && !/^\s+\S/.test(lines[i + 1] ?? "") && !ITEM.test(lines[i + 1] ?? ""));
  }
  const quote = /^\s*>/.test(lines[at]);
  return until(lines, at, (line) => !line.trim() || /^\s*>/.test(line) !== quote || FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || MATH.some(([open]) => open.test(line)));
}

function until(lines, at, stop) {
  let end = at + 1;
  while (end < lines.length && !stop(lines[end], end)) end += 1;
  return end;
}

function block(source, cite) {
  const lines = source.split("\n");
  const fence = FENCE.exec(lines[0]);
  if (fence) return code(lines, fence);
  for (const [open, shut] of MATH) {
    if (open.test(lines[0]) && shut.test(source.replace(open, "")))
      return formula(source.replace(open, "").replace(shut, "").trim(), true);
  }
  const heading = HEADING.exec(lines[0]);
  if (heading) return h(heading[1].length < 3 ? "h3" : "h4", {}, ...inline(heading[2], cite));
  if (RULE.test(source)) return h("hr");
  if (ITEM.test(lines[0])) return list(lines, cite);
  if (/^\s*>/.test(lines[0])) {
    const quote = h("blockquote");
    render(quote, lines.map((line) => line.replace(/^\s*> ?/, "")).join("\n"), cite);
    return quote;
  }
  if (lines.length > 1 && lines[0].includes("|") && DIVIDER.test(lines[1])) return table(lines, cite);
  return h("p", {}, ...inline(source, cite));
}

function code(lines, fence) {
  const closed = lines.length > 1 && lines.at(-1).trim().startsWith(fence[1]);
  const text = lines.slice(1, closed ? -1 : undefined).join("\n");
  const copy = async () => {
    await navigator.clipboard.writeText(text).then(() => toast(word("copied")), () => toast(word("not_copied")));
  };
  return h(
    "div",
    { class: "codeblock" },
    h("pre", { tabindex: 0 }, h("code", { lang: "zxx", "data-language": fence[2] || null }, text)),
    closed ? h("button", { type: "button", onclick: copy }, word("copy")) : null,
  );
}

function list(lines, cite) {
  const [, margin, mark] = ITEM.exec(lines[0]);
  const ordered = /\d/.test(mark);
  const root = h(ordered ? "ol" : "ul", ordered && parseInt(mark, 10) !== 1 ? { start: parseInt(mark, 10) } : {});
  let inside = [];
  const close = () => {
    if (inside.length) root.append(item(inside, cite));
    inside = [];
  };
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found && found[1].length <= margin.length + 1) {
      close();
      inside = [found[3]];
    } else inside.push(line.replace(/^\s{1,4}/, ""));
  }
  close();
  return root;
}

function item(lines, cite) {
  const parts = blocks(lines.join("\n"));
  const element = h("li");
  parts.forEach((part, i) => {
    const made = block(part, cite);
    if (i === 0 && made.tagName === "P") element.append(...made.childNodes);
    else element.append(made);
  });
  return element;
}

function table(lines, cite) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
  const row = (line, tag) => h("tr", {}, ...cells(line).map((cell) => h(tag, {}, ...inline(cell, cite))));
  const body = lines.slice(2).map((line) => row(line, "td"));
  return h("div", { class: "scroll-x", tabindex: 0 }, h("table", {}, h("thead", {}, row(lines[0], "th")), h("tbody", {}, ...body)));
}

// Each rule: what it looks like, and what it becomes. The first that fits at a place wins.
const INLINE = [
  [/^\\([\\`*_{}[\]#+.!|$>~-])(?![([])/, (found) => found[1]],
  [/^(`+)([\s\S]*?[^`])\1(?!`)/, (found) => h("code", {}, found[2].replace(/^ (.*) $/, "$1"))],
  [/^\\\(([\s\S]+?)\\\)/, (found) => formula(found[1].trim(), false)],
  [/^\\\[([\s\S]+?)\\\]/, (found) => formula(found[1].trim(), true)],
  [/^\$\$([^$]+?)\$\$/, (found) => formula(found[1].trim(), true)],
  [/^\$(?=\S)([^$\n]*?[^\s$\\])\$(?!\d)/, (found) => formula(found[1], false)],
  [/^\[(\d{1,2})\](?!\()/, (found, cite) => cite(Number(found[1])) ?? found[0]],
  [/^\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/, (found, cite) => link(found[2], inline(found[1], cite))],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*(?!\*)/, (found, cite) => h("strong", {}, ...inline(found[1], cite))],
  [/^\*(?=[^\s*])([^*]*?[^\s*])\*(?!\*)/, (found, cite) => h("em", {}, ...inline(found[1], cite))],
  [/^_(?=[^\s_])([^_]*?[^\s_])_(?!\w)/, (found, cite) => h("em", {}, ...inline(found[1], cite)), true],
  [/^https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"]/, (found) => link(found[0], [found[0]]), true],
  [/^ {2,}\n|^\\\n/, () => h("br")],
];
const PLACES = /[\\`$[*_h ]/; // where a rule may begin

function inline(text, cite) {
  const made = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const before = text[at - 1] ?? " ";
    const rule = PLACES.test(rest[0]) && INLINE.find(([look, , wordStart]) => look.test(rest) && !(wordStart && /\w/.test(before)));
    if (!rule) {
      plain += rest[0];
      at += 1;
      continue;
    }
    const found = rule[0].exec(rest);
    const piece = rule[1](found, cite);
    if (typeof piece === "string") plain += piece;
    else {
      made.push(plain, piece);
      plain = "";
    }
    at += found[0].length;
  }
  return [...made, plain].filter((piece) => piece !== "");
}

/** Plain text with its formulas drawn: what a course's own passage is shown as. */
export function formulas(text) {
  return text
    .split(/(\\\([\s\S]+?\\\)|\\\[[\s\S]+?\\\])/)
    .map((part) => (/^\\[([]/.test(part) ? formula(part.slice(2, -2).trim(), false) : part))
    .filter((part) => part !== "");
}

function link(url, inside) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...inside);
}
