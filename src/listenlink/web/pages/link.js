// One share link as the server knows it: opened once, then renewed by its session.

const SESSION = "Listen-Session";

// What went wrong: `kind` is refused, removed, limited, busy or offline; `wait` in seconds.
export class LinkProblem extends Error {
  constructor(kind, wait = 0) {
    super(kind);
    this.kind = kind;
    this.wait = wait;
  }
}

// Some browsers forbid a frame of another site to keep anything.
export function store(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

export class Link {
  // With the page's visit ticket its visit spends no more of the rate than the page did.
  constructor(token, ticket) {
    this.path = `/v1/music/shared/${token}`;
    this.visit = ticket ? `?visit=${ticket}` : "";
    this.name = `listenlink:${token}`;
    this.session = store("sessionStorage")?.getItem(this.name) ?? null;
  }

  // Opens the link, or renews what is open; the JSON view with fresh playback URLs.
  async open() {
    const answer = await this.ask(this.visit, { headers: { Accept: "application/json" } });
    const session = answer.headers.get(SESSION);
    if (session) this.keep(session);
    const view = await answer.json();
    if (!view.available) throw new LinkProblem("removed");
    return view;
  }

  // What is shown of an open link: the page's data, also where it was hidden before.
  async details() {
    return (await this.ask(`/details${this.visit}`)).json();
  }

  async downloadUrl(trackId) {
    return (await (await this.ask(`/download/${trackId}`)).json()).download_url;
  }

  async recordListen(trackId) {
    await this.ask("/listen", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ track_id: trackId }),
    });
  }

  // Whether the caller's key was good enough to save the track.
  async save(key) {
    const answer = await this.fetch("/save", { method: "POST", headers: { "X-API-Key": key } });
    if (answer.status === 401 || answer.status === 403) return false;
    if (!answer.ok) throw problemOf(answer);
    return true;
  }

  // Calls `ended` once the link is closed. Comes back by itself after a lost connection.
  async watch(ended, signal) {
    for (let pause = 1000; !signal.aborted; pause = Math.min(pause * 2, 30000)) {
      try {
        const answer = await this.ask(`/events${this.visit}`, { signal });
        pause = 500;
        for await (const line of linesOf(answer.body)) if (line === "event: ended") return ended();
      } catch (problem) {
        if (problem.kind === "refused") return ended();
      }
      await new Promise((done) => setTimeout(done, pause));
    }
  }

  keep(session) {
    this.session = session;
    store("sessionStorage")?.setItem(this.name, session);
  }

  forget() {
    this.session = null;
    store("sessionStorage")?.removeItem(this.name);
  }

  async ask(below, options = {}) {
    const answer = await this.fetch(below, options);
    if (answer.ok) return answer;
    throw problemOf(answer);
  }

  async fetch(below, options) {
    const headers = { ...options.headers };
    if (this.session) headers[SESSION] = this.session;
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
  if (answer.status === 429) return new LinkProblem("limited", wait);
  return new LinkProblem(answer.status >= 500 ? "busy" : "refused", wait);
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

// Where a listener was in some piece of music, over visits; a piece is named by its public id.
const PLACES = "listenlink:places";
const MOST_PLACES = 50;

export function readPlace(mark) {
  try {
    return JSON.parse(store("localStorage").getItem(PLACES))[mark] ?? null;
  } catch {
    return null;
  }
}

export function keepPlace(mark, index, seconds) {
  try {
    const places = JSON.parse(store("localStorage").getItem(PLACES)) ?? {};
    delete places[mark];
    const kept = Object.entries(places).slice(1 - MOST_PLACES);
    const all = [...kept, [mark, [index, Math.floor(seconds)]]];
    store("localStorage").setItem(PLACES, JSON.stringify(Object.fromEntries(all)));
  } catch {
    // Remembering is a comfort.
  }
}
