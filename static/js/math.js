// Formulas, by KaTeX, loaded when the first one is met.

// These would set style attributes, which the content security policy forbids; they look as well so.
const MACROS = {
  "\\vec": "\\overrightarrow{#1}", "\\oiint": "\\iint", "\\oiiint": "\\iiint",
  "\\pmb": "\\boldsymbol{#1}", "\\boxed": "#1", "\\fbox": "\\text{#1}",
};

let katex = null;

function load() {
  katex ??= import(`${document.getElementById("app").dataset.static}vendor/katex/katex.min.js`).then(() => window.katex);
  return katex;
}

/** Return an element that shows `tex`; the source stands in it until KaTeX is there. */
export function formula(tex, block) {
  const element = document.createElement(block ? "div" : "span");
  element.className = block ? "math block" : "math";
  if (block) element.tabIndex = 0;
  if (window.katex) draw(window.katex, tex, block, element);
  else {
    element.textContent = tex;
    load().then((ready) => draw(ready, tex, block, element), () => {});
  }
  return element;
}

function draw(renderer, tex, block, element) {
  try {
    renderer.render(tex, element, {
      displayMode: block,
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxExpand: 200,
      maxSize: 20,
      macros: { ...MACROS },
    });
  } catch {
    element.textContent = tex; // not a formula KaTeX knows: its source says more than an error
  }
}
