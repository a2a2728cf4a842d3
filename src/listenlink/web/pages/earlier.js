// Which links this browser opened, so that the page of one that doesn't open any more can say so here. The
// server's answer is the same for everybody.

import { recall, remember } from "./memory.js";

const OPENED = "listenlink:opened";
const MOST_OPENED = 100;

// By a part of the token, which opens nothing.
const nameOf = (token) => token.slice(-12);

function read() {
  return JSON.parse(recall("localStorage", OPENED)) ?? {};
}

// `endsAt` is when the link is to end, as ISO 8601, if ever.
export function rememberOpening(token, endsAt) {
  try {
    const { [nameOf(token)]: _, ...others } = read();
    const kept = Object.entries(others).slice(1 - MOST_OPENED);
    const all = [...kept, [nameOf(token), [Date.now(), endsAt]]];
    remember("localStorage", OPENED, JSON.stringify(Object.fromEntries(all)));
  } catch {
    // Remembering is a comfort.
  }
}

// When it was opened here last, in milliseconds, and when it was to end, if ever; or nothing.
export function findOpening(token) {
  try {
    const [openedAt, endsAt] = read()[nameOf(token)];
    return { openedAt, endsAt };
  } catch {
    return undefined;
  }
}
