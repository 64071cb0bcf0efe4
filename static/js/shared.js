// A conversation that a student shares: the tutor's answers drawn as the student sees them.

import { render } from "./markdown.js";

/** Draw every answer below `root`; a citation's mark stays the number it is. */
export default function start(root) {
  for (const part of root.querySelectorAll("[data-part='markdown']")) {
    const text = part.textContent;
    part.classList.replace("said", "prose");
    render(part, text, () => null, true);
  }
}
