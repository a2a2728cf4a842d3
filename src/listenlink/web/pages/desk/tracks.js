// Plays a track in its row: one at a time.

import { OwnSound } from "./own_sound.js";

const list = document.getElementById("tracks");
const words = list.dataset;
const sound = new OwnSound(document.getElementById("sound"), words, () => {
  for (const button of list.querySelectorAll("button[data-sound]")) {
    const isOn = sound.isOn && sound.id === button.dataset.sound;
    const name = isOn ? words.pause : words.play;
    if (button.textContent !== name) button.textContent = name;
    button.closest("li").classList.toggle("sounding", isOn);
  }
});

// Without script it's a link to where it can be heard.
for (const link of list.querySelectorAll("a[data-sound]")) {
  const button = document.createElement("button");
  const { sound: id } = link.dataset;
  button.type = "button";
  button.className = "plain";
  button.dataset.sound = id;
  button.textContent = words.play;
  button.setAttribute("aria-describedby", id);
  button.addEventListener("click", () => sound.toggle(id));
  link.replaceWith(button);
}
