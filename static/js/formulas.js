// Formulas in what somebody wrote, drawn as LMSs draw them: \(…\), \[…\] and $$…$$.

import { formula } from "./math.js";

const WRITTEN = /\\\(([^]+?)\\\)|\\\[([^]+?)\\\]|\$\$([^]+?)\$\$/g;

/** Draw the formulas below `root`; in code they stay as they are. */
export default function start(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest("code, pre, .math")) found.push(walker.currentNode);
  }
  for (const text of found) draw(text);
}

function draw(node) {
  const pieces = [];
  let from = 0;
  for (const match of node.data.matchAll(WRITTEN)) {
    pieces.push(node.data.slice(from, match.index), formula(match[1] ?? match[2] ?? match[3], match[1] === undefined));
    from = match.index + match[0].length;
  }
  if (pieces.length) node.replaceWith(...pieces, node.data.slice(from));
}
