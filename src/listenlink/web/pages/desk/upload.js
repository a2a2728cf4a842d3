// Files that are chosen or dropped anywhere on the page, sent a few at a time, each in a row of its own.

import { fill } from "../wording.js";
import { filesOfDrop, filesOfInput, MOST_FILES, sift } from "./dropped.js";
import { UploadRow } from "./upload_row.js";

const AT_ONCE = 3;
// How often whoever can't see the rows is told how far it is.
const TOLD_EVERY_MS = 4000;

const place = document.getElementById("uploads");
const [file, folder] = place.querySelectorAll("input[type=file]");
const { elements } = place.querySelector("form");
const { engine, declared_licence: terms, attribution_text: credit, confirmed, ai } = elements;
const list = document.getElementById("upload-rows");
const told = document.getElementById("upload-told");
const show = document.getElementById("upload-show");
const drop = document.getElementById("upload-drop");
const { organization } = document.body.dataset;
const words = JSON.parse(document.getElementById("upload-words").textContent);
const rows = [];
const running = new Set();
const OWN = "own_recording";
let [atOnce, skipped, left, timer, held] = [AT_ONCE, 0, "", 0, []];

const page = {
  words,
  organization,
  endpoint: `/v1/music/${organization}/uploads`,
  template: place.querySelector("template"),
  changed: goOn,
  isTaken: (print) => rows.some((row) => row.print === print && row.isOpen),
  // Those that run are as many as may be: it's their turn first.
  mayWait(row) {
    atOnce = Math.max(1, running.size - 1);
    return running.size > 1 || !running.has(row);
  },
  // What wants somebody's eye is at the top, unless they are working in it.
  refused(row) {
    if (!row.element.contains(document.activeElement)) list.prepend(row.element);
  },
};

// What is said of all files that are chosen now: what isn't shown for it isn't said.
function facts() {
  const said = { engine: engine.value, ...(ai.value && { ai: ai.value }) };
  if (engine.value !== OWN || !terms.value) return said;
  const line = terms.value === "CC0-1.0" ? "" : credit.value.trim();
  const isConfirmed = `${confirmed.checked}`;
  return { ...said, declared_licence: terms.value, ...(line && { attribution_text: line }), confirmed: isConfirmed };
}

function isUnconfirmed() {
  return engine.value === OWN && "final" in terms.selectedOptions[0].dataset && !confirmed.checked;
}

// What can't be taken back waits for somebody to say that they know.
function take(files) {
  if (files.length && isUnconfirmed()) {
    held.push(...files);
    left = words.unconfirmed;
    confirmed.focus();
    tell();
    return;
  }
  const { music, skipped: others, isCut } = sift(files, place.dataset.endings.split(" "));
  skipped += others;
  left = "";
  if (isCut) left = fill(words.too_many, { count: MOST_FILES });
  else if (!music.length && !others) return;
  else if (!music.length) left = words.nothing;
  for (const found of music) {
    const row = new UploadRow(found, facts(), page);
    rows.push(row);
    list.append(row.element);
  }
  list.hidden = !rows.length;
  goOn();
  tell();
}

function goOn() {
  for (const row of rows) {
    if (running.size >= atOnce) break;
    if (row.state === "waits" && !running.has(row)) begin(row);
  }
  const isOpen = rows.some((row) => row.isOpen);
  // The list is as it was when the page came, and a page that comes anew ends what runs.
  show.hidden = isOpen || !rows.some((row) => row.state === "done");
  if (isOpen) addEventListener("beforeunload", warn);
  else removeEventListener("beforeunload", warn);
  if (!running.size) tell();
  else timer ||= setTimeout(tell, TOLD_EVERY_MS);
}

async function begin(row) {
  running.add(row);
  await row.send();
  running.delete(row);
  goOn();
}

function warn(event) {
  event.preventDefault();
}

function tell() {
  clearTimeout(timer);
  timer = 0;
  const count = (state) => rows.filter((row) => row.state === state).length;
  const parts = [left];
  if (rows.length) parts.unshift(fill(words.so_far, { done: count("done"), all: rows.length }));
  if (count("refused")) parts.push(fill(words.refused, { count: count("refused") }));
  if (skipped) parts.push(fill(words.skipped, { count: skipped }));
  const text = parts.filter(Boolean).join(" ");
  // What is set again is said again.
  if (told.textContent !== text) told.textContent = text;
}

function choose(input) {
  const files = filesOfInput(input);
  // So that the same one may be chosen again.
  input.value = "";
  take(files);
}

function isOfFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

// Where it's dropped doesn't matter, and nothing that is dropped leads away from the page.
function dragging(event, isOver) {
  if (!isOfFiles(event)) return;
  event.preventDefault();
  drop.hidden = !isOver;
}

function tellLicence() {
  const { says, credited = says } = terms.selectedOptions[0].dataset;
  const own = credit.value.trim() ? credited : says;
  const { licence } = engine.selectedOptions[0].dataset;
  document.getElementById("upload-licence").textContent = engine.value === OWN ? own : licence;
  if (!held.length || isUnconfirmed()) return;
  const files = held;
  held = [];
  take(files);
}

addEventListener("dragenter", (event) => dragging(event, true));
addEventListener("dragover", (event) => dragging(event, true));
addEventListener("dragleave", (event) => dragging(event, event.relatedTarget !== null));
addEventListener("drop", async (event) => {
  dragging(event, false);
  if (isOfFiles(event)) take(await filesOfDrop(event.dataTransfer));
});
for (const other of place.querySelectorAll(".scriptless")) other.remove();
for (const lively of place.querySelectorAll(".lively")) lively.hidden = false;
folder.parentElement.hidden = !("webkitdirectory" in folder);
place.classList.add("alive");
file.multiple = true;
for (const one of [engine, terms, credit, confirmed]) one.addEventListener("change", tellLicence);
tellLicence();
for (const input of [file, folder]) {
  input.addEventListener("change", () => choose(input));
  // Chosen before this script was there.
  if (input.files.length) choose(input);
}
