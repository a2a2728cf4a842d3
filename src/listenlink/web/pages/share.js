// Begins here: a page with content, or the page of a refused link that may still have a session.

import { findOpening, rememberOpening } from "./earlier.js";
import { Link } from "./link.js";
import { recall, remember } from "./memory.js";
import { momentWords, showMoments } from "./moments.js";
import { Newer } from "./newer.js";
import { Player } from "./player.js";
import { View } from "./view.js";
import { fill } from "./wording.js";

const KEY = "listenlink:key";
const find = (id) => document.getElementById(id);
const read = (id) => JSON.parse(find(id).textContent);
const main = document.querySelector("main");
const token = location.pathname.split("/").pop();
const link = new Link(token, find("visit")?.value, find("unlock")?.value);

function begin(data) {
  document.documentElement.classList.add("alive");
  const player = new Player(link, main.dataset.silence);
  player.addEventListener("opened", ({ detail }) => rememberOpening(token, detail.share.expires_at));
  const view = new View(player, read("words"));
  view.show(data);
  view.startAt(location.hash);
  offerDownload(player, view);
  offerSaving(view);
  offerNewer(player);
  return player;
}

function offerNewer(player) {
  const newer = new Newer(player, (isThere) => {
    find("newer").hidden = !isThere;
  });
  find("play-newer").addEventListener("click", () => newer.play());
}

function offerDownload(player, view) {
  const offer = (id, asked) =>
    find(id)?.addEventListener("click", async () => {
      try {
        if (!player.urls.isOpen) await player.mint();
        location.assign(await link.downloadUrl(asked()));
      } catch (problem) {
        view.say(problem.kind, problem);
      }
    });
  offer("download", () => player.track.id);
  offer("download-all", () => null);
}

function offerSaving(view) {
  const form = find("save-form");
  if (!form) return;
  const input = find("save-key");
  const status = find("save-status");
  input.value = recall("sessionStorage", KEY) ?? "";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "";
    try {
      const key = input.value.trim();
      const isSaved = await link.save(key);
      if (isSaved) remember("sessionStorage", KEY, key);
      status.textContent = isSaved ? view.words.saved : view.words.wrong_key;
    } catch (problem) {
      status.textContent = view.describe(problem);
    }
  });
}

// A reload of a page whose link is spent goes on with the session it opened.
async function tryAgain() {
  if (!link.session) return tellEarlier();
  try {
    const data = await link.details();
    const again = find("again").content;
    find("end").replaceWith(again);
    document.body.className = "share";
    document.title = data.title ?? document.title;
    begin(data);
  } catch {
    link.forget();
    tellEarlier();
  }
}

// To who opened the link in this browser, its page needn't say that it may never have been one.
function tellEarlier() {
  const seen = findOpening(token);
  if (!seen) return;
  const { openedAt, endsAt } = seen;
  const isOver = endsAt && Date.parse(endsAt) <= Date.now();
  const words = read("words")[isOver ? "opened_until" : "opened_before"];
  const moments = { opened: momentWords(openedAt), end: endsAt && momentWords(endsAt) };
  find("why").textContent = fill(words, moments);
}

showMoments();
if (find("data")) begin(read("data"));
else tryAgain();
