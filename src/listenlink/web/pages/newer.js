// Notices that a track has a newer version. What plays goes on as it is, until the listener wants the newer one;
// what is loaded afterwards is as new as its URL.

// How a playback URL of this server ends: with the version, and what signs it.
const NAMED = /\.([0-9a-f]{4})\.[0-9a-f]{32}$/;
const LENGTH_STEP = 0.0005;

export class Newer {
  // `tell` is called with whether there is a newer version of what is shown.
  constructor(player, tell) {
    this.player = player;
    this.tell = tell;
    player.watch.changed = () => this.look();
    player.addEventListener("opened", ({ detail }) => this.compare(detail));
    player.addEventListener("learned", () => tell(false));
    player.addEventListener("track", () => tell(false));
    player.addEventListener("closed", () => tell(false));
  }

  // Fresh URLs may be of other versions than what is known of the tracks.
  compare(view) {
    const { player } = this;
    const known = new Map(player.tracks.map((track) => [track.id, track]));
    const fresh = view.track ? [view.track] : view.tracks;
    if (!fresh.some((track) => isOther(track, known.get(track.id)))) return;
    // Whoever loads learns what it is before it plays.
    player.isKnown = false;
    if (!player.isLoading && !player.isSilent) this.look();
  }

  async look() {
    const { player } = this;
    const data = await player.link.details().catch(() => null);
    const { track } = player;
    const newest = data?.tracks.find(({ id }) => id === track?.id);
    if (player.isClosed || !newest) return;
    this.tell(newest.version !== track.version);
  }

  // From where the listener is now, if the newer one is as long.
  play() {
    const { player } = this;
    this.tell(false);
    player.urls.expire();
    player.isKnown = false;
    return player.go(player.index, player.time);
  }
}

// A bucket's URLs don't say which version they're of: its length does, as far as it can.
function isOther(fresh, known) {
  if (!known) return false;
  const named = NAMED.exec(fresh.playback_url);
  if (named) return Number.parseInt(named[1], 16) !== known.version;
  return Math.abs(fresh.measured_duration_seconds - known.seconds) > LENGTH_STEP;
}
