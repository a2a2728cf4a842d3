// Which uploads have begun in this browser, so that the same file goes on after the page was closed; and what
// its title was to be. Names of files stay in the browser, and a day at most.

import { recall, remember } from "../memory.js";

const NAME = "listenlink-uploads";
const MOST = 100;
const DAY_MS = 86_400_000;

// What makes it the same file, for the same organisation, with the same said of it: both belong to what has
// begun.
export function printOf({ file, path }, organization, facts) {
  return [organization, ...Object.values(facts), path, file.size, file.lastModified].join("\n");
}

// `{ url, title }`, or nothing.
export function findBegun(print) {
  return read().find((begun) => begun.print === print);
}

export function keepBegun(print, url, title) {
  const others = read().filter((begun) => begun.print !== print);
  write([...others, { print, url, title, at: Date.now() }].slice(-MOST));
}

export function forgetBegun(print) {
  write(read().filter((begun) => begun.print !== print));
}

function read() {
  try {
    const kept = JSON.parse(recall("localStorage", NAME) ?? "[]");
    return kept.filter((begun) => begun.at > Date.now() - DAY_MS && typeof begun.url === "string");
  } catch {
    return [];
  }
}

function write(kept) {
  remember("localStorage", NAME, kept.length ? JSON.stringify(kept) : null);
}
