// The frame named post_message_forwarding: keeps small values for tools, each origin apart.
// Source: https://www.imsglobal.org/spec/lti-pm-s/v0p1
const LIMIT = { keys: 500, length: 4096 }; // Canvas's limits for one tool
const kept = new Map();

function drawer(origin) {
  if (!kept.has(origin)) kept.set(origin, new Map());
  return kept.get(origin);
}

function put(values, { key, value }) {
  if (typeof key !== "string" || key === "") return { error: error("bad_request", "key is missing") };
  if (value === null || value === undefined) {
    values.delete(key);
    return { key, value };
  }
  if (String(value).length > LIMIT.length || values.size >= LIMIT.keys) {
    return { key, error: error("storage_exhaustion", "too much") };
  }
  values.set(key, String(value));
  return { key, value };
}

function error(code, message) {
  return { code, message };
}

window.addEventListener("message", (event) => {
  const data = event.data;
  if (typeof data !== "object" || data === null || !event.source) return;
  const values = drawer(event.origin);
  const answers = {
    "lti.put_data": () => put(values, data),
    "lti.get_data": () => ({ key: data.key, value: values.get(data.key) }),
  };
  const answer = answers[data.subject];
  if (!answer) return;
  const fields = data.message_id ? answer() : { error: error("bad_request", "message_id is missing") };
  event.source.postMessage(
    { subject: `${data.subject}.response`, message_id: data.message_id, ...fields },
    event.origin,
  );
});
