// Plays an opened link's tracks in order, with playback URLs that end after some minutes.
//
// Tells what happens by events: `track`, `state`, `time`, `problem` (its detail is a LinkProblem),
// `opened`, `learned`, `skipped` and `closed`.

import { LinkProblem } from "./link.js";
import { ListenMeter } from "./listen_meter.js";
import { pause, tryPatiently } from "./patience.js";
import { PlaybackUrls } from "./playback_urls.js";
import { Trouble, endsEarly, isOfDevice, watchForStalls } from "./trouble.js";
import { Watch } from "./watch.js";

export class Player extends EventTarget {
  constructor(link, silence) {
    super();
    this.link = link;
    this.silence = silence;
    this.audio = new Audio();
    this.audio.preload = "metadata";
    this.tracks = [];
    this.index = 0;
    this.wantsToPlay = false;
    this.isSilent = true;
    this.isClosed = false;
    this.place = 0;
    this.meter = new ListenMeter();
    this.trouble = new Trouble();
    // Whether its tracks are known; those of a hidden preview aren't before it's open.
    this.isKnown = false;
    // Counts what was asked for, so that what comes late of something earlier is left.
    this.turn = 0;
    this.isLoading = false;
    // Whether it stopped for want of a connection, and goes on with one.
    this.isCutOff = false;
    const close = () => this.close();
    this.urls = new PlaybackUrls(link, {
      isNeeded: () => this.wantsToPlay,
      opened: (view) => {
        if (!this.isClosed) this.watch.begin();
        this.tell("opened", view);
      },
      refused: close,
    });
    this.watch = new Watch(link, {
      isSounding: () => this.wantsToPlay && !this.isSilent,
      ended: close,
      confirm: () => this.urls.confirm(),
    });
    this.listenToAudio();
    addEventListener("online", () => this.isCutOff && this.play());
    addEventListener("pagehide", () => this.watch.stop());
    addEventListener("pageshow", () => this.urls.isOpen && !this.isClosed && this.watch.begin());
  }

  show({ tracks, ttl_seconds, title }) {
    this.tracks = tracks;
    this.urls.ttl = ttl_seconds;
    this.isKnown = title !== null;
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
    if (this.isKnown && !this.track) return this.fail(new LinkProblem("empty"));
    this.wantsToPlay = true;
    this.isCutOff = false;
    this.trouble.forget();
    this.tell("state");
    if (!this.isSilent && !this.isLoading && this.urls.areFresh && !this.audio.error) {
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
    if (!(index in this.tracks) || this.isClosed) return;
    this.wantsToPlay = true;
    this.trouble.forget();
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
      if (this.urls.areFresh) this.audio.currentTime = at;
      else await this.load(this.index, at);
    }
    this.tell("time");
  }

  async load(index, at) {
    const turn = ++this.turn;
    const isOther = index !== this.index || this.isSilent;
    this.index = index;
    this.place = this.meter.time = at;
    if (isOther) {
      this.meter.heard = 0;
      this.tell("track");
    }
    this.isLoading = true;
    const problem = await tryPatiently(
      () => this.mint(),
      (detail) => this.tell("problem", detail),
    );
    if (turn !== this.turn || this.isClosed) return;
    this.isLoading = false;
    if (problem) return this.fail(problem);
    if (!this.track) return this.fail(new LinkProblem("empty"));
    const url = this.urls.of(this.track);
    if (!url) return this.skip();
    this.isSilent = false;
    this.audio.src = url;
    this.audio.currentTime = this.place;
    if (this.wantsToPlay) this.begin();
  }

  begin() {
    this.audio.play().catch((error) => {
      // The browser wants a gesture: the button is there for it.
      if (error.name === "NotAllowedError") this.pause();
    });
  }

  // Fresh URLs, if they are needed, and the tracks, if they aren't known.
  async mint() {
    if (!this.urls.areFresh) await this.urls.fetch();
    if (!this.isKnown) await this.learn();
  }

  async learn() {
    const data = await this.link.details();
    this.show(data);
    this.tell("learned", data);
    this.tell("track");
  }

  // A URL that ended, a sleep, a cut network: the same place again with a fresh URL. Once: sound that is
  // damaged, or of a kind that this browser doesn't play, is no better then.
  meetError() {
    if (this.isSilent || this.isClosed || this.isLoading || !this.audio.hasAttribute("src")) return;
    if (isOfDevice(this.audio.error)) return this.fail(new LinkProblem("soundless"));
    if (this.wantsToPlay && !this.trouble.meet()) return this.skip();
    this.urls.expire();
    if (this.wantsToPlay) return this.load(this.index, this.meter.time);
  }

  // A track that can't be played isn't the end of those behind it.
  async skip() {
    if (!(this.index + 1 in this.tracks)) return this.fail(new LinkProblem("unplayable"));
    const turn = ++this.turn;
    this.tell("skipped");
    await pause(this.trouble.wait);
    if (turn === this.turn && this.wantsToPlay) await this.load(this.index + 1, 0);
  }

  fail(problem) {
    if (problem.kind === "refused" && this.urls.isOpen) return this.close();
    this.pause();
    this.isCutOff = problem.kind === "offline";
    this.tell("problem", problem);
  }

  // Stops at once, also what the browser has buffered.
  close() {
    if (this.isClosed) return;
    this.isClosed = true;
    this.watch.stop();
    this.urls.stop();
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
    audio.addEventListener("error", () => this.meetError());
    const isWanted = () => this.wantsToPlay && !this.isSilent && !this.isLoading && !audio.error;
    watchForStalls(audio, isWanted, () => this.meetError());
  }

  note() {
    if (this.audio.seeking || this.audio.error) return;
    const step = this.meter.move(this.audio.currentTime);
    this.trouble.hear(step);
    this.link.tellHeard(this.track, this.meter.passed(step, this.duration));
    this.tell("time");
  }

  end() {
    if (endsEarly(this.audio.currentTime, this.duration)) return this.skip();
    if (this.index + 1 in this.tracks) return this.load(this.index + 1, 0);
    this.wantsToPlay = false;
    this.meter.time = 0;
    this.audio.currentTime = 0;
    this.tell("time");
    this.tell("state");
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
