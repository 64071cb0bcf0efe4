// Platform storage: a frame of the LMS keeps a value for us (lti.put_data, lti.get_data).
// https://www.imsglobal.org/spec/lti-pm-s/v0p1

const PATIENCE = 900; // milliseconds; a platform that knows nothing of it never answers

function frame(target) {
  const above = window.opener ?? window.parent;
  if (above === window) return null;
  if (!target || target === "_parent") return above;
  try {
    return above.frames[target] ?? above;
  } catch {
    return above;
  }
}

/** Send one message and resolve with the answer's value, or null. `origin` "*" only to read. */
function ask(subject, { target, origin, ...rest }) {
  const to = frame(target);
  if (!to || !origin) return Promise.resolve(null);
  const id = crypto.randomUUID();
  return new Promise((resolve) => {
    const done = (value) => {
      clearTimeout(timer);
      removeEventListener("message", hear);
      resolve(value);
    };
    const hear = ({ source, origin: from, data }) => {
      if (source !== to || (origin !== "*" && from !== origin)) return;
      if (data?.subject !== `${subject}.response` || data.message_id !== id) return;
      if (data.key !== undefined && data.key !== rest.key) return;
      done(data.error ? null : (data.value ?? ""));
    };
    const timer = setTimeout(done, PATIENCE, null);
    addEventListener("message", hear);
    to.postMessage({ subject, message_id: id, ...rest }, origin);
  });
}

export const put = (place, key, value) => (place ? ask("lti.put_data", { ...place, key, value }) : Promise.resolve(null));
export const get = (place, key) => (place ? ask("lti.get_data", { ...place, key }) : Promise.resolve(null));
