// Counts what was heard of a track: played on, not jumped over.

const LISTEN_SECONDS = 30;
const MOST_STEP_SECONDS = 2;
const MOST_LACKING_SECONDS = 1;
const LACKING_PART = 0.02;

export class ListenMeter {
  constructor() {
    this.heard = 0;
    this.time = 0;
  }

  // The seconds that were heard up to this moment of the track.
  move(time) {
    const step = time - this.time;
    this.time = time;
    if (step <= 0 || step >= MOST_STEP_SECONDS) return 0;
    this.heard += step;
    return step;
  }

  // What is to be told after the last `step` of a track of so many seconds: a quarter that is reached, of four,
  // and undefined for a listen.
  passed(step, seconds) {
    const before = this.heard - step;
    const told = [];
    if (this.heard >= LISTEN_SECONDS && before < LISTEN_SECONDS) told.push(undefined);
    const quarter = quarters(this.heard, seconds);
    if (quarter > quarters(before, seconds)) told.push(quarter);
    return told;
  }
}

// A player may end a moment before the file does, and a jump may leave out as little.
function quarters(heard, seconds) {
  if (!(seconds > 0)) return 0;
  const nearly = Math.min(MOST_LACKING_SECONDS, seconds * LACKING_PART);
  return Math.min(4, Math.floor((4 * (heard + nearly)) / seconds));
}
