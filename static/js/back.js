// The window that comes back from an LMS's page of consent: tell the page that opened it, and go.

history.replaceState(null, "", location.pathname); // the code is spent; it need not stand there
const button = document.getElementById("close");
if (button) {
  const done = button.dataset.done === "yes";
  button.hidden = false;
  button.addEventListener("click", () => window.close());
  window.opener?.postMessage({ subject: "tutor.connect.back", done }, location.origin);
  if (done && window.opener) window.close();
}
