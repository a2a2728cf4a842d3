// The sound of a track of one's own library. Its address is good for some minutes, and asked for when needed.

async function freshUrl(id) {
  const answer = await fetch(`/v1/music/${document.body.dataset.organization}/tracks/${id}`, {
    headers: { Accept: "application/json" },
    cache: "no-store",
  });
  if (!answer.ok) throw new Error(String(answer.status));
  const { playback_url: told } = await answer.json();
  // This page may know this server by another name than it has for itself.
  const { pathname } = new URL(told);
  return pathname.startsWith("/v1/music/audio/") ? pathname : told;
}

// `words` are what it says; `changed` is called when it begins, moves and stops.
export class OwnSound {
  constructor(audio, words, changed) {
    this.audio = audio;
    this.words = words;
    this.changed = changed;
    this.id = null;
    this.at = 0;
    this.turn = 0;
    this.isOn = this.isLoading = this.hasFailed = false;
    this.status = document.getElementById("sound-status");
    audio.addEventListener("timeupdate", () => this.note());
    audio.addEventListener("ended", () => this.isLoading || this.pause(0));
    audio.addEventListener("pause", () => this.isLoading || audio.ended || !this.isOn || this.pause());
    audio.addEventListener("error", () => this.meetError());
  }

  toggle(id) {
    if (this.isOn && this.id === id) this.pause();
    else this.begin(id, this.id === id ? this.at : 0);
  }

  pause(at = this.at) {
    this.turn++;
    this.isOn = this.isLoading = false;
    this.at = at;
    this.audio.pause();
    this.changed();
  }

  // To be called within the gesture: a phone lets only that begin to sound.
  async begin(id, at) {
    const turn = ++this.turn;
    const { audio } = this;
    if (this.id === null) {
      audio.src = this.words.silence;
      audio.play().catch(() => {});
    }
    Object.assign(this, { id, at, isOn: true, isLoading: true });
    this.status.textContent = "";
    this.changed();
    try {
      const url = await freshUrl(id);
      if (turn !== this.turn) return;
      audio.src = url;
      audio.currentTime = at;
      this.isLoading = false;
      await audio.play();
    } catch (error) {
      // Another one was begun, or what came can't be played: that is told by an event of its own.
      if (turn === this.turn && !["AbortError", "NotSupportedError"].includes(error.name)) this.fail(error);
    }
  }

  seek(at) {
    this.at = at;
    if (this.isOn && !this.isLoading) this.audio.currentTime = at;
    this.changed();
  }

  note() {
    const { audio } = this;
    if (this.isLoading || audio.error || audio.seeking) return;
    if (audio.currentTime > this.at) this.hasFailed = false;
    this.at = audio.currentTime;
    this.changed();
  }

  // An address that ended: the same place again with a fresh one, once.
  meetError() {
    if (this.isLoading || !this.isOn) return;
    if (this.hasFailed) return this.fail(new Error());
    this.hasFailed = true;
    this.begin(this.id, this.at);
  }

  fail(error) {
    this.pause();
    this.status.textContent = error.name === "TypeError" ? this.words.offline : this.words.refused;
  }
}
