// The end of a registration: the platform takes its page back (LTI Dynamic Registration 1.0, 3.7).
// Whoever framed or opened us hears one word without content, so any origin may.

const button = document.getElementById("close");
const platform = window.opener ?? (window.parent === window ? null : window.parent);
button.hidden = false;
button.addEventListener("click", () => {
  platform?.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  if (window.opener || !platform) window.close();
});
