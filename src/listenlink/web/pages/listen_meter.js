// Counts what was heard of a track: played on, not jumped over.

const LISTEN_SECONDS = 30;
const MOST_STEP_SECONDS = 2;

export class ListenMeter {
  constructor() {
    this.heard = 0;
    this.time = 0;
  }

  // Whether with this moment of the track it was heard for long enough, for the first time.
  passes(time) {
    const step = time - this.time;
    this.time = time;
    if (step <= 0 || step >= MOST_STEP_SECONDS) return false;
    const before = this.heard;
    this.heard += step;
    return before < LISTEN_SECONDS && this.heard >= LISTEN_SECONDS;
  }
}
