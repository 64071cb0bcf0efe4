// Practice: a checked answer takes the place of its question, and shows where the sentence stands.

import { toast } from "./dom.js";
import formulas from "./formulas.js";
import { shown } from "./passage.js";
import { opens } from "./sources.js";

/** Wake the list of questions. */
export default function start(root) {
  drawn(root);
  root.addEventListener("htmx:afterSwap", ({ target }) => {
    drawn(target);
    const verdict = target.querySelector(".verdict");
    if (!verdict) return;
    const passage = verdict.querySelector("[data-passage]");
    passage.replaceChildren(...shown(passage.dataset.passage, passage.dataset.quote));
    const file = verdict.querySelector("[data-file]");
    file?.replaceWith(opens(file.dataset.file, toast));
    verdict.focus({ preventScroll: true });
  });
}

// What a model wrote may hold formulas.
function drawn(root) {
  for (const text of root.querySelectorAll(".sentence, .pick > span, .worked, [data-part='hint']")) formulas(text);
}
