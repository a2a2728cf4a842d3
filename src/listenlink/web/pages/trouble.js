// What went wrong since the music last went on for a while, so that one trouble isn't asked about for ever.

// So much has to be heard before the next error is another trouble: damaged sound moves on a little each time.
const OVER_AFTER_SECONDS = 10;
const MOST_WAIT_SECONDS = 2;
const STALLED_SECONDS = 15;

export class Trouble {
  constructor() {
    this.forget();
  }

  forget() {
    this.errors = 0;
    this.heard = 0;
  }

  hear(seconds) {
    this.heard += seconds;
    if (this.heard >= OVER_AFTER_SECONDS) this.forget();
  }

  // Notes an error. Only behind the first one is a fresh URL worth asking for.
  meet() {
    this.heard = 0;
    this.errors += 1;
    return this.errors === 1;
  }

  // How long to wait before the next track: the first follows at once, many in a row are no storm either.
  get wait() {
    return Math.min(Math.max(this.errors - 2, 0), MOST_WAIT_SECONDS) * 1000;
  }
}

// Calls `stalled` where sound is wanted, and for a while none was heard and nothing of it came.
export function watchForStalls(audio, isWanted, stalled) {
  let movedAt = 0;
  const move = () => {
    movedAt = Date.now();
  };
  for (const name of ["loadstart", "progress", "seeking", "timeupdate"]) audio.addEventListener(name, move);
  setInterval(() => {
    if (!isWanted()) move();
    if (Date.now() - movedAt < STALLED_SECONDS * 1000) return;
    move();
    stalled();
  }, 1000);
}

// Whether sound ended so far from its end that some of it can't have been played: not every browser says so.
export function endsEarly(seconds, whole) {
  return seconds < whole * 0.9 - 2;
}

// Firefox reports a missing sound device as an error of the sound; with another track it would be the same.
export function isOfDevice(error) {
  return /MediaSink/.test(error?.message ?? "");
}
