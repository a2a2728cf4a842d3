// Begins here: a page with content, or the page of a refused link that may still have a session.

import { Link } from "./link.js";
import { Player } from "./player.js";
import { View } from "./view.js";

const KEY = "listenlink:key";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const main = document.querySelector("main");
const link = new Link(location.pathname.split("/").pop());

function begin(data) {
  document.documentElement.classList.add("alive");
  const player = new Player(link, main.dataset.silence);
  const view = new View(player, read("words"));
  view.show(data);
  view.startAt(location.hash);
  offerDownload(player, view);
  offerSaving(view);
  return player;
}

function offerDownload(player, view) {
  document.getElementById("download")?.addEventListener("click", async () => {
    try {
      if (!player.urls.isOpen) await player.mint();
      location.assign(await link.downloadUrl(player.track.id));
    } catch (problem) {
      view.say(problem.kind, problem);
    }
  });
}

function offerSaving(view) {
  const dialog = document.getElementById("save-dialog");
  if (!dialog) return;
  const input = document.getElementById("save-key");
  const status = document.getElementById("save-status");
  document.getElementById("save").addEventListener("click", () => {
    input.value = sessionStorage.getItem(KEY) ?? "";
    status.textContent = "";
    dialog.showModal();
  });
  document.getElementById("save-cancel").addEventListener("click", () => dialog.close());
  document.getElementById("save-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if (await link.save(input.value.trim())) {
        sessionStorage.setItem(KEY, input.value.trim());
        dialog.close();
        view.say("saved");
      } else status.textContent = view.words.wrong_key;
    } catch (problem) {
      status.textContent = view.describe(problem);
    }
  });
}

// A reload of a page whose link is spent goes on with the session it opened.
async function tryAgain() {
  if (!link.session) return;
  try {
    const data = await link.details();
    const again = document.getElementById("again").content;
    document.getElementById("end").replaceWith(again);
    document.body.className = "share";
    document.title = data.title ?? document.title;
    begin(data);
  } catch {
    link.forget();
  }
}

if (document.getElementById("data")) begin(read("data"));
else tryAgain();
