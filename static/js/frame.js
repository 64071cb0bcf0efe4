// The frame we live in: how high it is, and how much of it a keyboard leaves us.

const LEAST = 200; // pixels of us in sight under which nothing is arranged by them
const AGAIN = 300; // milliseconds: an LMS's page says nothing when it is scrolled
const WISH = 760; // CSS pixels we ask for a chat; the LMS may refuse

function post(subject, facts) {
  if (window.parent === window) return;
  // No data of anyone's: the LMS's origin is not known to a page after a reload.
  window.parent.postMessage(JSON.stringify({ subject, ...facts }), "*");
}

/** Ask the LMS for room. A chat wants a fixed height, a page as much as it holds. */
export function fit() {
  const full = document.body.classList.contains("full");
  const height = full ? WISH : Math.ceil(document.getElementById("app").scrollHeight);
  if (height !== fit.last) post("lti.frameResize", { height: (fit.last = height) });
}

/** Tell the LMS that we start at the top of a new page. */
export function toTop() {
  post("lti.scrollToTop", {});
  window.scrollTo(0, 0);
}

/** Watch what is seen of the page: a phone's keyboard covers the foot of it. */
export function watch() {
  const seen = window.visualViewport;
  const follow = () =>
    document.documentElement.style.setProperty("--seen", `${Math.round(seen.height)}px`);
  if (seen) {
    seen.addEventListener("resize", follow);
    follow();
  }
  new ResizeObserver(() => fit()).observe(document.getElementById("app"));
}

/**
 * Learn which part of us the LMS's window shows, again and again while a dialog or a toast stands.
 * The LMS scrolls a frame that is higher than its window: what is fixed to our edges, or in our
 * middle, may be far from what somebody looks at.
 */
export function look() {
  clearTimeout(look.again);
  if (window.parent === window) return show(0, 0);
  return new Promise((resolve) => {
    const watcher = new IntersectionObserver(([entry]) => {
      watcher.disconnect();
      const { top, bottom, height } = entry.intersectionRect;
      resolve(height < LEAST ? show(0, 0) : show(Math.max(0, top), Math.max(0, innerHeight - bottom)));
      clearTimeout(look.again);
      if (document.querySelector("dialog[open], .toast:not([hidden])")) look.again = setTimeout(look, AGAIN);
    });
    watcher.observe(document.documentElement);
  });
}

function show(top, bottom) {
  const { style } = document.documentElement;
  style.setProperty("--above", `${Math.round(top)}px`);
  style.setProperty("--below", `${Math.round(bottom)}px`);
}
