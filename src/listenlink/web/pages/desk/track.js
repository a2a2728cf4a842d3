// A track's player: its waveform in place of the browser's own controls.

import { rename } from "../elements.js";
import { Waveform, decodePeaks } from "../waveform.js";
import { clock, fill } from "../wording.js";
import { OwnSound } from "./own_sound.js";

const find = (id) => document.getElementById(id);
const audio = find("sound");
const { track, peaks, ...words } = audio.dataset;
const player = find("player");
const position = find("position");
const waveform = new Waveform(find("wave"));
const total = Number(position.max);
let isSeeking = false;
const sound = new OwnSound(audio, words, show);

function show() {
  rename("play", sound.isOn ? words.pause : words.play);
  player.classList.toggle("playing", sound.isOn);
  if (isSeeking) return;
  position.value = sound.at;
  showPlace();
}

function showPlace() {
  const at = Number(position.value);
  const elapsed = clock(at);
  find("elapsed").textContent = elapsed;
  position.setAttribute("aria-valuetext", fill(position.dataset.words, { elapsed, total: clock(total) }));
  waveform.move(total ? at / total : 0);
}

audio.removeAttribute("src");
audio.hidden = true;
player.hidden = false;
waveform.show(decodePeaks(peaks));
show();
find("play").addEventListener("click", () => sound.toggle(track));
position.addEventListener("input", () => {
  isSeeking = true;
  showPlace();
});
position.addEventListener("change", () => {
  isSeeking = false;
  sound.seek(Number(position.value));
});
