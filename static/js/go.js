// The window that goes on to an LMS's page of consent. It asks the page that opened it for the
// state: an address alone, sent to somebody, leads nowhere.

const PATIENCE = 8000; // milliseconds for the page to answer
const origin = location.origin;
const alone = () => {
  document.getElementById("going").hidden = true;
  document.getElementById("alone").hidden = false;
};

async function leave(state) {
  const body = new FormData();
  body.append("state", state);
  const answer = await fetch(location.pathname, { method: "POST", body, credentials: "same-origin" });
  if (!answer.ok) throw new TypeError("over");
  const { url } = await answer.json();
  location.replace(url);
}

if (window.opener) {
  const timer = setTimeout(alone, PATIENCE);
  addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== window.opener) return;
    if (event.data?.subject !== "tutor.connect.go") return;
    clearTimeout(timer);
    leave(event.data.state).catch(alone);
  });
  window.opener.postMessage({ subject: "tutor.connect.ready" }, origin);
} else {
  alone();
}
