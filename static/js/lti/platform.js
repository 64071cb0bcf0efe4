// Platform storage: a frame of the LMS keeps a value for us (lti.put_data, lti.get_data).
// https://www.imsglobal.org/spec/lti-pm-s/v0p1
//
// Where it lives is told twice: by the login (lti_storage_target), and by the platform's answer
// to lti.capabilities. Both places are asked at once; a platform that knows nothing of it never
// answers, so all of it together has one time limit.

const PATIENCE = 900; // milliseconds

const above = () => window.opener ?? window.parent;

function frame(target) {
  const top = above();
  if (top === window) return null;
  if (!target || target === "_parent") return top;
  try {
    return top.frames[target] ?? top;
  } catch {
    return top;
  }
}

/** Send one message; resolve with the answer, or null when none comes in time. */
function ask(subject, to, origin, fields = {}) {
  if (!to || !origin) return Promise.resolve(null);
  const id = crypto.randomUUID();
  return new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(timer);
      removeEventListener("message", hear);
      resolve(answer);
    };
    const hear = ({ source, origin: from, data }) => {
      if (source !== to || (origin !== "*" && from !== origin)) return;
      if (data?.subject !== `${subject}.response` || data.message_id !== id) return;
      if (data.key !== undefined && data.key !== fields.key) return;
      done(data);
    };
    const timer = setTimeout(done, PATIENCE, null);
    addEventListener("message", hear);
    to.postMessage({ subject, message_id: id, ...fields }, origin);
  });
}

/** Ask for the value of one message at one place; null when there is none. */
async function value(subject, target, origin, fields) {
  const answer = await ask(subject, frame(target), origin, fields);
  return !answer || answer.error ? null : (answer.value ?? "");
}

/** The frame that the platform itself names for a message, or null. The question holds no secret. */
async function named(subject) {
  const top = above();
  if (top === window) return null;
  const told = await ask("lti.capabilities", top, "*");
  const offered = Array.isArray(told?.supported_messages) ? told.supported_messages : [];
  const one = offered.find((message) => message?.subject === subject);
  return one ? (one.frame ?? "_parent") : null;
}

/** Resolve with the first value that is not null or empty, within the time limit. */
function everywhere(subject, { target, origin }, fields) {
  const told = value(subject, target, origin, fields);
  const other = named(subject).then((place) =>
    place === null || place === target ? null : value(subject, place, origin, fields),
  );
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
  const found = [told, other].map((answer) => answer.then((text) => text || Promise.reject(new Error("none"))));
  return Promise.race([Promise.any(found).catch(() => null), late]);
}

const nowhere = Promise.resolve(null);
export const put = (place, key, text) => (place ? everywhere("lti.put_data", place, { key, value: text }) : nowhere);
export const get = (place, key) => (place ? everywhere("lti.get_data", place, { key }) : nowhere);
