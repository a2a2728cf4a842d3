// One share link as the server knows it: opened once, then renewed by its session.

import { recall, remember } from "./memory.js";

const SESSION = "Listen-Session";
const UNLOCK = "Share-Unlock";

// What went wrong: `kind` is refused, removed, limited, busy or offline; `wait` in seconds.
export class LinkProblem extends Error {
  constructor(kind, wait = 0) {
    super(kind);
    this.kind = kind;
    this.wait = wait;
  }
}

export class Link {
  // With the page's visit ticket its visit spends no more of the rate than the page did; with its unlock it
  // opens a link that has a password.
  constructor(token, ticket, unlock) {
    this.path = `/v1/music/shared/${token}`;
    this.visit = ticket ? `?visit=${ticket}` : "";
    this.unlock = unlock;
    this.name = `listenlink:${token}`;
    this.session = recall("sessionStorage", this.name);
  }

  // Opens the link, or renews what is open; the JSON view with fresh playback URLs.
  async open() {
    const answer = await this.ask(this.visit, { headers: { Accept: "application/json" } });
    const session = answer.headers.get(SESSION);
    if (session) this.keep(session);
    const view = await contentOf(answer, (told) => told.available === false || (told.tracks ?? told.track));
    if (!view.available) throw new LinkProblem("removed");
    return view;
  }

  // What is shown of an open link: the page's data, also where it was hidden before.
  async details() {
    return contentOf(await this.ask(`/details${this.visit}`), (told) => Array.isArray(told.tracks));
  }

  // That of a track's file, or without one of all files as one archive.
  async downloadUrl(trackId) {
    const answer = await this.ask(trackId ? `/download/${trackId}` : "/download");
    return (await contentOf(answer, (told) => told.download_url)).download_url;
  }

  // Listens, and quarters of the track that were reached; what can't be told now isn't told again.
  tellHeard({ id, version }, told) {
    for (const quarter of told)
      this.ask("/listen", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ track_id: id, version, quarter }),
      }).catch(() => {});
  }

  // Whether the caller's key was good enough to save the track.
  async save(key) {
    const answer = await this.fetch("/save", { method: "POST", headers: { "X-API-Key": key } });
    if (answer.status === 401 || answer.status === 403) return false;
    if (!answer.ok) throw problemOf(answer);
    return true;
  }

  // The lines of the stream that tells when the link is closed.
  async events(signal) {
    return linesOf((await this.ask(`/events${this.visit}`, { signal })).body);
  }

  // Refused once the link is closed; costs this address nothing.
  async stand(signal) {
    await this.ask("/standing", { signal });
  }

  keep(session) {
    this.session = session;
    remember("sessionStorage", this.name, session);
  }

  forget() {
    this.session = null;
    remember("sessionStorage", this.name, null);
  }

  async ask(below, options = {}) {
    const answer = await this.fetch(below, options);
    if (answer.ok) return answer;
    const problem = problemOf(answer);
    // To who had it open, another password is the end of it.
    throw problem.kind === "locked" && this.session ? new LinkProblem("refused") : problem;
  }

  async fetch(below, options) {
    const headers = { ...options.headers };
    if (this.session) headers[SESSION] = this.session;
    if (this.unlock) headers[UNLOCK] = this.unlock;
    const fixed = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };
    try {
      return await fetch(this.path + below, { ...options, ...fixed, headers });
    } catch (error) {
      throw error.name === "AbortError" ? error : new LinkProblem("offline");
    }
  }
}

function problemOf(answer) {
  const wait = Number(answer.headers.get("Retry-After")) || 1;
  if (answer.headers.get("WWW-Authenticate") === "Listenlink-Share") return new LinkProblem("locked");
  if (answer.status === 429) return new LinkProblem("limited", wait);
  return new LinkProblem(answer.status >= 500 ? "busy" : "refused", wait);
}

// What was answered, if that is what was asked for: something on its way may answer in the server's place.
async function contentOf(answer, isWanted) {
  const told = await answer.json().catch(() => null);
  if (told && isWanted(told)) return told;
  throw new LinkProblem("busy", 1);
}

async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}
