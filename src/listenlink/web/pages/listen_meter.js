// Counts what was heard of a track: played on, not jumped over.

const LISTEN_SECONDS = 30;
const MOST_STEP_SECONDS = 2;

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

  // Whether with the last `step` it was heard for long enough, for the first time.
  hasPassed(step) {
    return this.heard >= LISTEN_SECONDS && this.heard - step < LISTEN_SECONDS;
  }
}
