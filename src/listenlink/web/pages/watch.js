// Learns that an open link was closed, or leads to another version: by its events, and as long as they can't be had, by asking.

import { pause } from "./patience.js";

const ASK_SECONDS = 1;
const MOST_ASKING_SECONDS = 2;
// The stream says something every 15 seconds. One that says nothing is held back by something on its way.
const QUIET_SECONDS = 20;
const LASTING_SECONDS = 10;
const MOST_PAUSE_SECONDS = 30;

export class Watch {
  // `isSounding` tells whether there is anything to silence, `ended` is called once the link is closed,
  // `confirm` if that is only likely: it tells whether the link is open.
  constructor(link, { isSounding, ended, confirm }) {
    this.link = link;
    this.isSounding = isSounding;
    this.ended = ended;
    this.confirm = confirm;
    // Called once the link leads to another version of a track.
    this.changed = () => {};
    this.heardAt = 0;
    this.stopping = null;
  }

  begin() {
    if (this.stopping) return;
    this.stopping = new AbortController();
    this.listen(this.stopping.signal);
    this.askOnAndOn(this.stopping.signal);
  }

  stop() {
    this.stopping?.abort();
    this.stopping = null;
    this.heardAt = 0;
  }

  end() {
    this.stop();
    this.ended();
  }

  // Comes back by itself after a lost connection, later each time if it's lost at once.
  async listen(signal) {
    for (let wait = 1; !signal.aborted; wait = Math.min(wait * 2, MOST_PAUSE_SECONDS)) {
      const beganAt = Date.now();
      let atLeast = 0;
      try {
        for await (const line of await this.link.events(signal)) {
          this.heardAt = Date.now();
          if (line === "event: ended" && !signal.aborted) return this.end();
          if (line === "event: changed") this.changed();
        }
      } catch (problem) {
        if (signal.aborted) return;
        if (problem.kind === "refused") return this.end();
        atLeast = problem.wait ?? 0;
      }
      this.heardAt = 0;
      if (Date.now() - beganAt > LASTING_SECONDS * 1000) wait = 1;
      await pause(Math.max(wait, atLeast) * 1000);
    }
  }

  get isQuiet() {
    return Date.now() - this.heardAt > QUIET_SECONDS * 1000;
  }

  async askOnAndOn(signal) {
    while (!signal.aborted) {
      await pause(ASK_SECONDS * 1000);
      if (signal.aborted || !this.isQuiet || !this.isSounding()) continue;
      try {
        // What hangs is left behind: the next one may get through.
        await Promise.race([this.link.stand(signal), pause(MOST_ASKING_SECONDS * 1000)]);
      } catch (problem) {
        if (problem.kind !== "refused" || signal.aborted) continue;
        // A node of another release doesn't know the question: the link itself decides, asked once.
        if (await this.confirm()) return;
        if (!signal.aborted) this.end();
      }
    }
  }
}
