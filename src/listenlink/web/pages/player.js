// Plays an opened link's tracks in order, with playback URLs that end after some minutes.
//
// Tells what happens by events: `track`, `state`, `time`, `problem` (its detail is a LinkProblem),
// `opened` and `closed`.

import { LinkProblem } from "./link.js";
import { ListenMeter } from "./listen_meter.js";
import { isPassing, tryPatiently } from "./patience.js";

// Fresh ones are fetched when this share of their time is over.
const RENEW_AT = 0.75;

export class Player extends EventTarget {
  constructor(link, silence) {
    super();
    this.link = link;
    this.silence = silence;
    this.audio = new Audio();
    this.audio.preload = "metadata";
    this.tracks = [];
    this.index = 0;
    this.ttl = 300;
    this.urls = new Map();
    this.mintedAt = 0;
    this.wantsToPlay = false;
    this.isSilent = true;
    this.isClosed = false;
    this.place = 0;
    this.meter = new ListenMeter();
    this.isRecovering = false;
    // Whether it stopped for want of a connection, and goes on with one.
    this.isCutOff = false;
    this.watching = new AbortController();
    this.listenToAudio();
    addEventListener("online", () => this.isCutOff && this.play());
    addEventListener("pagehide", () => this.watching.abort());
  }

  show(tracks, ttl) {
    this.tracks = tracks;
    this.ttl = ttl;
  }

  get track() {
    return this.tracks[this.index];
  }

  get time() {
    return this.isSilent ? this.place : this.audio.currentTime;
  }

  get duration() {
    return this.track?.seconds ?? 0;
  }

  get areUrlsFresh() {
    return this.urls.size > 0 && Date.now() - this.mintedAt < this.ttl * 1000;
  }

  toggle() {
    return this.wantsToPlay ? this.pause() : this.play();
  }

  pause() {
    this.wantsToPlay = false;
    this.isCutOff = false;
    this.audio.pause();
    this.tell("state");
  }

  // To be called within the gesture: a phone lets only that begin to sound.
  async play() {
    if (this.isClosed) return;
    this.wantsToPlay = true;
    this.isCutOff = false;
    this.tell("state");
    if (!this.isSilent && this.areUrlsFresh && !this.audio.error) {
      this.begin();
      return;
    }
    const at = this.time;
    if (this.isSilent) {
      this.audio.src = this.silence;
      this.audio.play().catch(() => {});
    }
    await this.load(this.index, at);
  }

  async go(index, at = 0) {
    if (!(index in this.tracks)) return;
    this.wantsToPlay = true;
    await this.load(index, at);
  }

  next() {
    return this.go(this.index + 1);
  }

  // Back to its beginning first, as players do.
  previous() {
    return this.time > 3 || this.index === 0 ? this.seek(0) : this.go(this.index - 1);
  }

  async seek(seconds) {
    const at = Math.min(Math.max(seconds, 0), Math.max(0, this.duration - 0.1));
    this.place = at;
    if (!this.isSilent) {
      // A jump may ask for bytes again, and needs a URL that is still good.
      if (this.areUrlsFresh) this.audio.currentTime = at;
      else await this.load(this.index, at);
    }
    this.tell("time");
  }

  async load(index, at) {
    const isOther = index !== this.index || this.isSilent;
    this.index = index;
    this.place = this.meter.time = at;
    if (isOther) {
      this.meter.heard = 0;
      this.tell("track");
    }
    try {
      if (!this.areUrlsFresh) await this.mint();
    } catch (problem) {
      return isPassing(problem) ? this.recover() : this.fail(problem);
    }
    if (this.isClosed) return;
    const url = this.urls.get(this.track.id);
    if (!url) {
      this.fail(new LinkProblem("unplayable"));
      return;
    }
    this.isSilent = false;
    this.audio.src = url;
    this.audio.currentTime = at;
    if (this.wantsToPlay) this.begin();
  }

  begin() {
    this.audio.play().catch((error) => {
      // The browser wants a gesture: the button is there for it.
      if (error.name === "NotAllowedError") this.pause();
    });
  }

  // Opens the link the first time; after that its session gets fresh URLs, uncounted.
  async mint() {
    const isFirst = !this.urls.size;
    const view = await this.link.open();
    this.mintedAt = Date.now();
    const tracks = view.track ? [view.track] : view.tracks;
    this.urls = new Map(tracks.map((track) => [track.id, track.playback_url]));
    clearTimeout(this.renewal);
    this.renewal = setTimeout(() => this.renew(), this.ttl * 1000 * RENEW_AT);
    if (!isFirst) return;
    this.dispatchEvent(new CustomEvent("opened", { detail: view }));
    this.link.watch(() => this.close(), this.watching.signal);
    if (!this.tracks.length) await this.learn();
  }

  async learn() {
    const data = await this.link.details();
    this.show(data.tracks, data.ttl_seconds);
    this.dispatchEvent(new CustomEvent("learned", { detail: data }));
    this.tell("track");
  }

  renew() {
    // While it's paused nothing needs a URL; playing on gets a fresh one then.
    if (this.wantsToPlay) this.mint().catch((problem) => problem.kind === "refused" && this.close());
  }

  // A URL that ended, a sleep, a cut network: the same place again with a fresh URL.
  async recover() {
    if (this.isClosed || this.isRecovering) return;
    this.isRecovering = true;
    const at = this.meter.time;
    const problem = await tryPatiently(
      () => this.mint(),
      (detail) => this.dispatchEvent(new CustomEvent("problem", { detail })),
    );
    this.isRecovering = false;
    if (!problem) return this.load(this.index, at);
    this.fail(problem);
    this.isCutOff = problem.kind === "offline";
  }

  fail(problem) {
    if (problem.kind === "refused" && this.urls.size) return this.close();
    this.pause();
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  // Stops at once, also what the browser has buffered.
  close() {
    if (this.isClosed) return;
    this.isClosed = true;
    this.watching.abort();
    clearTimeout(this.renewal);
    this.place = this.time;
    this.pause();
    this.isSilent = true;
    this.audio.removeAttribute("src");
    this.audio.load();
    this.link.forget();
    this.tell("closed");
  }

  listenToAudio() {
    const { audio } = this;
    for (const name of ["play", "pause", "playing", "waiting"])
      audio.addEventListener(name, () => this.isSilent || this.tell("state"));
    audio.addEventListener("timeupdate", () => this.isSilent || this.note());
    audio.addEventListener("ended", () => this.isSilent || this.end());
    audio.addEventListener("error", () => {
      if (this.isSilent || this.isClosed || !audio.hasAttribute("src")) return;
      if (this.lastErrorAt && Date.now() - this.lastErrorAt < 1000)
        return this.fail(new LinkProblem("unplayable"));
      this.lastErrorAt = Date.now();
      if (this.wantsToPlay) this.recover();
      else this.urls.clear();
    });
    audio.addEventListener("playing", () => {
      this.lastErrorAt = 0;
    });
  }

  note() {
    if (this.audio.seeking || this.audio.error) return;
    if (this.meter.passes(this.audio.currentTime))
      this.link.recordListen(this.track.id).catch(() => {});
    this.tell("time");
  }

  end() {
    if (this.index + 1 < this.tracks.length) return this.next();
    this.wantsToPlay = false;
    this.meter.time = 0;
    this.audio.currentTime = 0;
    this.tell("time");
    this.tell("state");
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
