// A client of tus 1.0 (https://tus.io/protocols/resumable-upload): sends one file in pieces, and goes on
// wherever it broke off. It holds no more than a slice, which the browser reads from the disk as it sends it.

const TUS = { "Tus-Resumable": "1.0.0" };
// What a proxy can lose that reads a whole request before it passes it on.
const PIECE_BYTES = 16 * 1024 * 1024;
// Longer than a server waits for a sender that has gone quiet, so that it's free again by then.
const QUIET_MS = 40_000;
// With the last byte the file is listened to from end to end, perhaps behind others.
const ANSWER_MS = 150_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const MOST_BEGINNINGS = 4;
const BUSY = [408, 409, 423, 502, 503, 504];
const GONE = [404, 410, 422];

// It can't be taken in, whoever waits: `code` and `details` are what the server says.
export class Refused extends Error {
  constructor(status, told) {
    super(told?.message ?? String(status));
    Object.assign(this, { status, code: told?.code ?? "", details: told?.details ?? {} });
  }
}

export class Stopped extends Error {}

class Passing extends Error {
  constructor(why, seconds = 0) {
    super(why);
    this.seconds = seconds;
  }
}

export class TusUpload {
  // `url` is where an earlier beginning is, if there is one. `heard` has `begun(url)`, `sent(bytes)` and
  // `waits(why)`, with "offline" or "busy".
  constructor(file, endpoint, metadata, heard, { url = "", pieceBytes = PIECE_BYTES } = {}) {
    Object.assign(this, { file, endpoint, metadata, heard, url, pieceBytes });
    Object.assign(this, { offset: 0, beginnings: 0, isStopped: false, wake: () => {} });
  }

  // Sends what isn't there yet. Gives the last answer's headers; rejects with Refused, or Stopped.
  async run() {
    Object.assign(this, { isStopped: false, beginnings: 0 });
    for (let tried = 0; ; ) {
      const before = this.offset;
      try {
        return await this.#sendRest();
      } catch (trouble) {
        if (trouble instanceof Passing) await this.#requireReadable();
        else if (!this.isStopped) throw trouble;
        if (this.isStopped) throw new Stopped();
        tried = this.offset > before ? 1 : tried + 1;
        this.heard.waits(trouble.message);
        const milliseconds = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tried - 1));
        await this.#pause(Math.max(milliseconds, trouble.seconds * 1000));
        if (this.isStopped) throw new Stopped();
      }
    }
  }

  // What has arrived stays, and `run` goes on with it.
  stop() {
    this.isStopped = true;
    this.request?.abort();
    this.wake();
  }

  // Ends it, so that nothing of it stays. Whatever comes of it, the server ends it by itself some hours later.
  async end() {
    this.stop();
    for (let tried = 0; this.url && tried < 5; tried++) {
      const answer = await this.#ask("DELETE", this.url, TUS);
      if (answer.status && answer.status !== 423) break;
      await this.#pause(FIRST_WAIT_MS * 2 ** tried);
    }
    this.url = "";
  }

  async #sendRest() {
    let answer = this.url ? await this.#look() : null;
    answer ??= await this.#begin();
    while (this.offset < this.file.size) answer = await this.#sendPiece();
    return answer;
  }

  // Where to go on. Nothing is left of what was refused, or is over: it's begun anew.
  async #look() {
    const answer = await this.#ask("HEAD", this.url, TUS);
    if (GONE.includes(answer.status)) this.url = "";
    else return this.#arrived(accepted(answer));
    return null;
  }

  async #begin() {
    if (++this.beginnings > MOST_BEGINNINGS) throw new Refused(404);
    this.key ??= newKey();
    const answer = await this.#ask("POST", this.endpoint, {
      ...TUS,
      "Upload-Length": this.file.size,
      "Upload-Metadata": written(this.metadata),
      // If the answer is lost, it's told once more, and no second one is begun.
      "Idempotency-Key": this.key,
    });
    const here = new URL(this.endpoint, location.href);
    this.url = new URL(accepted(answer).header("Location"), here).href;
    this.key = null;
    this.offset = 0;
    this.heard.begun(this.url);
    return answer;
  }

  async #sendPiece() {
    const from = this.offset;
    const headers = { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": from };
    const piece = this.file.slice(from, from + this.pieceBytes);
    const progress = (bytes) => this.heard.sent(from + bytes);
    const answer = await this.#ask("PATCH", this.url, headers, piece, progress);
    if (answer.status === 404 || answer.status === 410) throw new Passing("busy");
    this.#arrived(accepted(answer));
    if (this.offset <= from) throw new Passing("busy");
    return answer;
  }

  #arrived(answer) {
    const offset = Number(answer.header("Upload-Offset") ?? Number.NaN);
    if (!(offset >= 0 && offset <= this.file.size)) throw new Refused(answer.status);
    this.offset = offset;
    this.heard.sent(offset);
    return answer;
  }

  // A file that was moved or changed can't be told from a cut by the request.
  async #requireReadable() {
    try {
      await this.file.slice(this.offset, this.offset + 1).arrayBuffer();
    } catch {
      throw new Refused(0, { code: "UNREADABLE" });
    }
  }

  // Resolves in any case, without a connection to the status 0.
  #ask(method, url, headers, body = null, progress = () => {}) {
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      this.request = request;
      let timer;
      const expect = (milliseconds) => {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(), milliseconds);
      };
      request.upload.onprogress = ({ loaded }) => {
        expect(QUIET_MS);
        progress(loaded);
      };
      request.upload.onload = () => expect(ANSWER_MS);
      request.onloadend = () => {
        clearTimeout(timer);
        done(answerOf(request));
      };
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      expect(body ? QUIET_MS : ANSWER_MS);
      request.send(body);
    });
  }

  // Whoever gets a connection back needn't wait any longer.
  #pause(milliseconds) {
    return new Promise((done) => {
      const timer = setTimeout(() => go(), milliseconds);
      const go = () => {
        clearTimeout(timer);
        removeEventListener("online", go);
        done();
      };
      this.wake = go;
      addEventListener("online", go);
    });
  }
}

function answerOf(request) {
  let told = null;
  try {
    told = JSON.parse(request.responseText).error ?? null;
  } catch {
    // A proxy's own answer, or none.
  }
  return { status: request.status, told, header: (name) => request.getResponseHeader(name) };
}

function accepted(answer) {
  if (answer.status === 0) throw new Passing("offline");
  if (BUSY.includes(answer.status)) throw new Passing("busy", Number(answer.header("Retry-After")) || 0);
  if (answer.status >= 300) throw new Refused(answer.status, answer.told);
  return answer;
}

// Also without a secure context, where there is no `randomUUID`.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (number) => number.toString(16)).join("-");
}

function written(metadata) {
  const pairs = Object.entries(metadata).map(([name, text]) => {
    const bytes = new TextEncoder().encode(text);
    return `${name} ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  });
  return pairs.join(",");
}
