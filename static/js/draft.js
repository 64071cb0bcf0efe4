// Words not sent yet survive a reload, the end of the session and a phone that puts us to sleep.
//
// sessionStorage when the browser allows it inside a frame; else the entry of this frame in the
// session history, which a reload keeps; memory in any case.

const memory = new Map();

/** Return the words kept under `key`, or "". */
export function recall(key) {
  try {
    const kept = sessionStorage.getItem(key);
    if (kept !== null) return kept;
  } catch {
    // Third-party storage is blocked: the history entry has them.
  }
  return memory.get(key) ?? history.state?.drafts?.[key] ?? "";
}

/** Keep `text` under `key`; an empty text forgets. */
export function keepDraft(key, text) {
  memory.set(key, text);
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    history.replaceState({ ...history.state, drafts: { ...history.state?.drafts, [key]: text } }, "");
  }
}

/** Forget all of them: somebody leaves a computer that others use. */
export function forgetDrafts() {
  for (const key of memory.keys()) keepDraft(key, "");
  memory.clear();
}

/** Return whatever is unsent, longest first: shown when the session has ended. */
export function unsent() {
  const written = [...memory].filter(([key]) => !key.startsWith("way:") && !key.startsWith("replies:"));
  return written.map(([, text]) => text).filter(Boolean).sort((a, b) => b.length - a.length)[0] ?? "";
}
