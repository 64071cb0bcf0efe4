// What an LMS page does for the tool in its frame: sizes, scrolling, and answers to
// lti.capabilities. Source: https://www.imsglobal.org/spec/lti-pm-s/v0p1 and Canvas API:
// "LTI postMessage". Data is kept by the hidden frame (storage.js).
const frame = document.querySelector("iframe.frame");
const STORAGE = "post_message_forwarding";
const CAPABILITIES = [
  { subject: "lti.capabilities" },
  { subject: "lti.frameResize" },
  { subject: "lti.scrollToTop" },
  { subject: "lti.put_data", frame: STORAGE },
  { subject: "lti.get_data", frame: STORAGE },
];

/** Some messages come as an object, Canvas's own as a JSON text. */
function read(data) {
  try {
    return typeof data === "string" ? JSON.parse(data) : data;
  } catch {
    return null;
  }
}

function answer(event, { subject, message_id }, fields) {
  event.source.postMessage({ subject: `${subject}.response`, message_id, ...fields }, event.origin);
}

window.addEventListener("message", (event) => {
  const data = read(event.data);
  if (typeof data !== "object" || data === null) return;
  if (data.subject === "lti.capabilities") {
    const offered = document.body.dataset.storage === "0" ? CAPABILITIES.slice(0, 3) : CAPABILITIES;
    answer(event, data, { supported_messages: offered });
  }
  if (!frame || event.source !== frame.contentWindow) return;
  if (data.subject === "lti.frameResize" && frame.dataset.resize === "yes") {
    const height = Number.parseInt(data.height, 10);
    if (height > 0 && height < 10000) frame.style.blockSize = `${height}px`;
    answer(event, data, { height });
  }
  if (data.subject === "lti.scrollToTop") frame.scrollIntoView();
  // A tool that has registered is done with its frame (Canvas API: Registering an LTI Tool).
  if (data.subject === "org.imsglobal.lti.close" && document.body.dataset.closes) {
    location.assign(document.body.dataset.closes);
  }
});

for (const select of document.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.submit());
}
