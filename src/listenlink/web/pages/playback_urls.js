// The playback URLs of a link's tracks: they end after some minutes, and are fetched anew while they're needed.

// Fresh ones are fetched when this share of their time is over.
const RENEW_AT = 0.75;

export class PlaybackUrls {
  // `isNeeded` tells whether anything plays, `opened` is called with the view whenever there are fresh ones,
  // `refused` once there will be no more.
  constructor(link, { isNeeded, opened, refused }) {
    this.link = link;
    this.isNeeded = isNeeded;
    this.opened = opened;
    this.refused = refused;
    this.ttl = 300;
    this.urls = new Map();
    this.mintedAt = 0;
    this.asking = null;
    this.isOpen = false;
  }

  get areFresh() {
    return Date.now() - this.mintedAt < this.ttl * 1000;
  }

  // To be fetched anew before the next use.
  expire() {
    this.mintedAt = 0;
  }

  of(track) {
    return this.urls.get(track.id);
  }

  // Opens the link the first time; after that its session gets fresh URLs, uncounted. Who asks while
  // somebody does gets the same answer, so that nobody who presses twice opens twice.
  fetch() {
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  async ask() {
    const view = await this.link.open();
    this.mintedAt = Date.now();
    this.isOpen = true;
    const tracks = view.track ? [view.track] : view.tracks;
    this.urls = new Map(tracks.map((track) => [track.id, track.playback_url]));
    clearTimeout(this.renewal);
    this.renewal = setTimeout(() => this.renew(), this.ttl * 1000 * RENEW_AT);
    this.opened(view);
  }

  renew() {
    // While it's paused nothing needs a URL; playing on gets a fresh one then.
    if (this.isNeeded()) this.fetch().catch((problem) => problem.kind === "refused" && this.refused());
  }

  // Whether the link is open. Who may not even ask has nothing more to hear either.
  async confirm() {
    try {
      await this.fetch();
      return true;
    } catch (problem) {
      return problem.kind !== "refused" && problem.kind !== "limited";
    }
  }

  stop() {
    clearTimeout(this.renewal);
  }
}
