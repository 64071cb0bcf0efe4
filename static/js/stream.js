// An answer on its way. Server-sent events over fetch: an EventSource can neither POST nor carry a
// header. A line that was cut (a tunnel, a sleeping phone) loses nothing: the server goes on.

import { call } from "./session.js";

const EVERY = 1000; // milliseconds between two looks at an answer that the server goes on with
const LONGEST = 180_000; // the server itself gives up on a silent one long before
const MISSES = 3; // looks in a row that may fail

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Return the message once its answer has ended, or null when it cannot be had. Until then `grow`
 * is told its words so far.
 */
export async function settled(talk, id, { grow, signal }) {
  let missed = 0;
  for (const end = Date.now() + LONGEST; Date.now() < end; await pause(EVERY)) {
    try {
      const { messages } = await call(`/v1/ai/conversations/${talk}`, { signal });
      const said = messages.find((message) => message.id === id);
      if (said?.state !== "streaming") return said ?? null;
      grow(said.text);
      missed = 0;
    } catch (error) {
      if (!(error instanceof TypeError) || ++missed === MISSES) return null;
    }
  }
  return null;
}

/** Yield {event, data} of a `text/event-stream` response; data is parsed JSON. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = read(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // the reader may already be gone
  }
}

function read(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) } : null;
}
