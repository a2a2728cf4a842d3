// The page's elements: shows what the player does, and hands on what the listener does.

import { part, picture, rename } from "./elements.js";
import { keepPlace, readPlace } from "./link.js";
import { moveOnLockScreen, showOnLockScreen } from "./media_keys.js";
import { Waveform, decodePeaks } from "./waveform.js";
import { clock, fill, waiting } from "./wording.js";

const find = (id) => document.getElementById(id);
const VOLUME = "listenlink:volume";

export class View {
  constructor(player, words) {
    this.player = player;
    this.words = words;
    this.data = null;
    this.waveform = new Waveform(find("wave"));
    this.shown = -1;
    this.listenToPlayer();
    this.listenToPerson();
  }

  // The page's content, where it wasn't in the page already.
  show(data) {
    this.data = data;
    this.player.show(data.tracks, data.ttl_seconds);
    this.write("title", data.title);
    this.write("artist", data.artist);
    this.write("description", data.description);
    if (data.cover && !find("cover")) find("art").append(picture(data.cover));
    if (find("hint")) find("hint").hidden = data.tracks.length > 0;
    this.listTracks();
    this.showTrack();
    find("previous").hidden = find("next").hidden = data.tracks.length < 2;
    if (find("download")) find("download").hidden = !data.allow_download || !data.tracks.length;
    if (find("save")) find("save").hidden = data.is_collection || !data.tracks.length;
  }

  // Where to begin: as the address says, else where the listener was.
  startAt(fragment) {
    const asked = /^#t=(?:(\d{1,2}):)?(?:(\d{1,3}):)?(\d{1,5})$/.exec(fragment);
    const [index, seconds] = readPlace(this.data.mark) ?? [0, 0];
    if (index in this.player.tracks) this.player.index = index;
    this.player.place = seconds < this.player.duration - 5 ? seconds : 0;
    if (asked) {
      const [hours, minutes] = asked[2] ? [asked[1], asked[2]] : [0, asked[1] ?? 0];
      this.player.index = 0;
      const place = Number(hours) * 3600 + Number(minutes) * 60 + Number(asked[3]);
      this.player.place = place < this.player.duration ? place : 0;
    }
    this.showTrack();
  }

  say(kind, wait) {
    find("status").textContent = kind ? this.describe({ kind, wait }) : "";
  }

  // A problem in words; its `wait` is in seconds.
  describe({ kind, wait = 1 }) {
    return fill(this.words[kind] ?? this.words.busy, { wait: waiting(wait) });
  }

  write(id, text) {
    const element = find(id);
    if (!element) return;
    if (text != null) element.textContent = text;
    element.hidden = text == null && id !== "title";
  }

  listTracks() {
    const list = find("playlist");
    if (!list || !this.data.is_collection) return;
    const items = this.data.tracks.map((track, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(part("name", track.title), " ");
      if (track.artist && !this.data.artist) button.append(part("by", track.artist), " ");
      button.append(part("length", clock(track.seconds)));
      button.addEventListener("click", () => this.player.go(index));
      const item = document.createElement("li");
      item.append(button);
      return item;
    });
    list.replaceChildren(...items);
    list.hidden = !items.length;
  }

  showTrack() {
    const { player } = this;
    const track = player.track;
    if (!track) return;
    if (this.shown !== track.id) {
      this.shown = track.id;
      this.waveform.show(decodePeaks(track.peaks));
      this.showLicence(track.licence);
      find("seek").max = Math.ceil(track.seconds);
      find("total").textContent = clock(track.seconds);
      if (this.data.is_collection) find("now").textContent = track.title;
      [...(find("playlist")?.children ?? [])].forEach((item, index) => {
        if (index === player.index) item.firstElementChild.setAttribute("aria-current", "true");
        else item.firstElementChild.removeAttribute("aria-current");
      });
      find("next").disabled = player.index + 1 >= player.tracks.length;
    }
    this.showTime();
  }

  showLicence(licence) {
    this.write("licence-sentence", licence.sentence);
    if (!find("licence")) return;
    find("licence").hidden = false;
    find("attribution").hidden = !licence.attribution_text;
    find("attribution-text").textContent = licence.attribution_text ?? "";
    const yes = (is) => (is ? this.words.yes : this.words.no);
    this.write("fact-class", licence.name);
    this.write("fact-version", licence.licence_version);
    this.write("fact-commercial", yes(licence.commercial_use));
    const { required, not_required } = this.words;
    this.write("fact-attribution", licence.requires_attribution ? required : not_required);
    this.write("fact-engine", licence.engine);
  }

  showTime() {
    const { player, words } = this;
    const [elapsed, total] = [clock(player.time), clock(player.duration)];
    find("elapsed").textContent = elapsed;
    const seek = find("seek");
    if (!this.isSeeking) seek.value = player.time;
    seek.setAttribute("aria-valuetext", fill(words.position, { elapsed, total }));
    this.waveform.move(player.duration ? player.time / player.duration : 0);
    moveOnLockScreen(player);
  }

  showState() {
    const isOn = this.player.wantsToPlay;
    rename("play", isOn ? this.words.pause : this.words.play);
    find("player").classList.toggle("playing", isOn);
    moveOnLockScreen(this.player);
  }

  listenToPlayer() {
    const { player } = this;
    player.addEventListener("state", () => this.showState());
    player.addEventListener("learned", ({ detail }) => this.show(detail));
    player.addEventListener("track", () => {
      this.showTrack();
      if (player.track) showOnLockScreen(player, this.data?.is_collection ? this.data.title : "");
    });
    player.addEventListener("time", () => {
      this.showTime();
      this.say("");
      if (this.data && Math.floor(player.time) % 5 === 0)
        keepPlace(this.data.mark, player.index, player.time);
    });
    player.addEventListener("problem", ({ detail }) => this.say(detail.kind, detail.wait));
    player.addEventListener("closed", () => {
      this.say("closed");
      document.body.classList.add("closed");
      for (const id of ["play", "next", "previous", "seek", "download", "save-confirm"])
        if (find(id)) find(id).disabled = true;
    });
  }

  listenToPerson() {
    const { player } = this;
    find("player").addEventListener("submit", (event) => {
      event.preventDefault();
      player.toggle();
    });
    find("next").addEventListener("click", () => player.next());
    find("previous").addEventListener("click", () => player.previous());
    const seek = find("seek");
    seek.addEventListener("input", () => {
      this.isSeeking = true;
      this.waveform.move(player.duration ? seek.value / player.duration : 0);
      find("elapsed").textContent = clock(seek.value);
    });
    seek.addEventListener("change", () => {
      this.isSeeking = false;
      player.seek(Number(seek.value));
    });
    this.listenToVolume();
    document.addEventListener("keydown", (event) => this.pressKey(event));
    find("copy-attribution")?.addEventListener("click", async () => {
      await navigator.clipboard.writeText(find("attribution-text").textContent);
      this.say("copied");
    });
  }

  listenToVolume() {
    const { audio } = this.player;
    const slider = find("volume");
    const set = (level) => {
      slider.value = level;
      audio.volume = level / 100;
    };
    try {
      set(Number(localStorage.getItem(VOLUME) ?? 100));
    } catch {
      set(100);
    }
    slider.addEventListener("input", () => {
      set(Number(slider.value));
      audio.muted = false;
      showMuted();
      try {
        localStorage.setItem(VOLUME, slider.value);
      } catch {
        // Remembering is a comfort.
      }
    });
    const showMuted = () => {
      find("mute").classList.toggle("muted", audio.muted);
      rename("mute", audio.muted ? this.words.unmute : this.words.mute);
    };
    find("mute").addEventListener("click", () => {
      audio.muted = !audio.muted;
      showMuted();
    });
  }

  // Only where no element has a use of its own for the key.
  pressKey(event) {
    if (event.target.closest("button, input, a, summary") || event.ctrlKey || event.metaKey) return;
    const steps = { ArrowLeft: -5, ArrowRight: 5 };
    if (event.key === " ") this.player.toggle();
    else if (event.key in steps) this.player.seek(this.player.time + steps[event.key]);
    else return;
    event.preventDefault();
  }
}
