// The page's elements: shows what the player does, and hands on what the listener does.

import { part, picture, rename } from "./elements.js";
import { moveOnLockScreen, showOnLockScreen } from "./media_keys.js";
import { showMaking } from "./making.js";
import { recall, remember } from "./memory.js";
import { firstPlace, keepPlace } from "./place.js";
import { Waveform, decodePeaks } from "./waveform.js";
import { clock, fill, sizeOf, waiting } from "./wording.js";

const find = (id) => document.getElementById(id);
const VOLUME = "listenlink:volume";
// What isn't over when the music goes on is left to be read for a while.
const LASTING = new Set(["skipped", "copied", "saved"]);
const READING_MS = 6000;

export class View {
  constructor(player, words) {
    this.player = player;
    this.words = words;
    this.data = null;
    this.waveform = new Waveform(find("wave"));
    this.shown = -1;
    this.readUntil = 0;
    this.listenToPlayer();
    this.listenToPerson();
  }

  // The page's content, where it wasn't in the page already.
  show(data) {
    this.data = data;
    this.player.show(data);
    this.write("title", data.title);
    this.write("artist", data.artist);
    this.write("description", data.description);
    if (data.cover && !find("cover")) find("art").append(picture(data.cover));
    if (find("hint")) find("hint").hidden = data.tracks.length > 0;
    this.listTracks();
    this.showRest();
    this.showTrack();
    find("previous").hidden = find("next").hidden = data.tracks.length < 2;
    if (find("download")) find("download").hidden = !data.allow_download || !data.tracks.length;
    this.offerArchive();
    if (find("save")) find("save").hidden = data.is_collection || !data.tracks.length;
  }

  offerArchive() {
    const button = find("download-all");
    if (!button) return;
    const { archive_bytes } = this.data;
    button.hidden = !archive_bytes;
    button.textContent = fill(this.words.download_all, { size: sizeOf(archive_bytes ?? 0) });
  }

  startAt(fragment) {
    [this.player.index, this.player.place] = firstPlace(fragment, this.data);
    this.showTrack();
  }

  say(kind, values) {
    find("status").textContent = kind ? this.describe({ kind, ...values }) : "";
    this.readUntil = LASTING.has(kind) ? Date.now() + READING_MS : 0;
  }

  // A problem in words; its `wait` is in seconds, `title` that of the track it's about.
  describe({ kind, wait = 1, title = "" }) {
    return fill(this.words[kind] ?? this.words.busy, { wait: waiting(wait), title });
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
      if (track.ai) button.append(part("made", track.ai.name), " ");
      button.append(part("length", clock(track.seconds)));
      button.addEventListener("click", () => this.player.go(index));
      const item = document.createElement("li");
      item.append(button);
      return item;
    });
    list.replaceChildren(...items);
    list.hidden = !items.length;
  }

  // What the list doesn't show; where there is nothing, the button says so too.
  showRest() {
    const { more, tracks, title } = this.data;
    const isEmpty = title !== null && !tracks.length;
    find("play").disabled = isEmpty;
    this.write("rest", isEmpty ? this.words.empty : more ? fill(this.words.more, { count: more }) : null);
  }

  showTrack() {
    const { player } = this;
    const track = player.track;
    if (!track) return;
    const shown = `${track.id}.${track.version}`;
    if (this.shown !== shown) {
      this.shown = shown;
      this.waveform.show(decodePeaks(track.peaks));
      this.showLicence(track.licence);
      showMaking(track.ai, this.data.ai_sentence);
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
    const terms = document.createElement("a");
    terms.textContent = licence.name;
    Object.assign(terms, { href: licence.licence_url ?? "", target: "_blank", rel: "license noopener noreferrer" });
    find("licence-terms").replaceChildren(...(licence.licence_url ? [terms] : []));
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
      if (Date.now() > this.readUntil) this.say("");
      if (player.track && Math.floor(player.time) % 5 === 0)
        keepPlace(this.data.mark, player.track.id, player.time);
    });
    player.addEventListener("problem", ({ detail }) => this.say(detail.kind ?? "busy", detail));
    player.addEventListener("skipped", () => {
      this.say("skipped", player.track);
      const item = find("playlist")?.children[player.index];
      if (item?.childElementCount === 1) item.append(part("note", this.words.unplayable));
    });
    player.addEventListener("closed", () => {
      this.say("closed");
      document.body.classList.add("closed");
      for (const id of ["play", "next", "previous", "seek", "download", "download-all", "save-confirm"])
        if (find(id)) find(id).disabled = true;
    });
  }

  listenToPerson() {
    const { player } = this;
    // Not the form's submit: a frame may be forbidden that, and the button is still a button.
    find("play").type = "button";
    find("play").addEventListener("click", () => player.toggle());
    find("player").addEventListener("submit", (event) => event.preventDefault());
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
    set(Number(recall("localStorage", VOLUME) ?? 100));
    slider.addEventListener("input", () => {
      set(Number(slider.value));
      audio.muted = false;
      showMuted();
      remember("localStorage", VOLUME, slider.value);
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
