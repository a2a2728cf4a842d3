// A new version of a track, chosen or dropped: sent in pieces, and current at once if it's as long as before.

import { fill } from "../wording.js";
import { filesOfDrop } from "./dropped.js";
import { Stopped, TusUpload } from "./tus.js";

const SAME_LENGTH_SECONDS = 2;
const find = (id) => document.getElementById(`version-${id}`);
const place = document.getElementById("versions");
const { track } = place.dataset;
const { organization } = document.body.dataset;
const words = JSON.parse(find("words").textContent);
const path = `/v1/music/${organization}/tracks/${track}/versions`;
const [file, engine, bar, told] = ["file", "engine", "bar", "told"].map(find);
const percents = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
const sizes = new Intl.NumberFormat(document.documentElement.lang, {
  style: "unit",
  unit: "megabyte",
  maximumFractionDigits: 1,
});
let isSending = false;

async function send(chosen) {
  if (!chosen || isSending) return;
  isSending = true;
  find("send").disabled = file.disabled = true;
  bar.hidden = false;
  const size = sizes.format(chosen.size / 1e6);
  const heard = {
    begun() {},
    sent(bytes) {
      bar.value = chosen.size ? bytes / chosen.size : 0;
      const percent = percents.format(bar.value);
      told.textContent = bytes === chosen.size ? words.checks : fill(words.sends, { percent, size });
    },
    waits(why) {
      told.textContent = words[why];
    },
  };
  const said = { track_id: track, filename: chosen.name, engine: engine.value, current: "false" };
  try {
    await new TusUpload(chosen, `/v1/music/${organization}/uploads`, said, heard).run();
    await use();
  } catch (problem) {
    if (!(problem instanceof Stopped)) told.textContent = reason(problem);
    isSending = find("send").disabled = file.disabled = false;
    bar.hidden = true;
  }
}

// What is longer or shorter is said first, on a page of its own.
async function use() {
  const [added] = (await ask("GET", path)).items;
  const one = `${path}/${added.version}`;
  if (Math.abs(added.length_change_seconds) > SAME_LENGTH_SECONDS) {
    location.assign(`/desk/tracks/${track}/versions/${added.version}?done=version_added`);
    return;
  }
  await ask("PATCH", one, { current: true });
  location.assign(`/desk/tracks/${track}?done=version_current`);
}

async function ask(method, address, body) {
  const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(address, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function reason({ code, message, details, status }) {
  const said = status === 413 ? "PAYLOAD_TOO_LARGE" : code;
  return words[details?.reason] ?? words[message] ?? words[said] ?? (status ? words.other : words.offline);
}

place.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  send(file.files[0]);
});
place.addEventListener("dragover", (event) => event.preventDefault());
place.addEventListener("drop", async (event) => {
  event.preventDefault();
  const [dropped] = await filesOfDrop(event.dataTransfer);
  send(dropped?.file);
});
