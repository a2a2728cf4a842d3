// The sheet that makes a link, over whatever page it's on.

import { momentWords } from "../moments.js";
import { fill } from "../wording.js";
import { showMade } from "./made.js";
import { markLast } from "./terms.js";

const sheet = document.getElementById("sheet");
const form = sheet.querySelector("form");
const made = sheet.querySelector(".made");
const words = JSON.parse(sheet.querySelector("script").textContent);
const { organization } = document.body.dataset;
const PATIENCE_MS = 20_000;
const LEAST_OF_A_PASSWORD = 6;
let opener = null;
let path = "";
// What was sent last and isn't known to be done: sent again, it's done once.
let begun = {};
let isBusy = false;

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-share]");
  const otherwise = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || otherwise || event.defaultPrevented) return;
  event.preventDefault();
  open(link);
});

function open(link) {
  opener = link;
  const asked = new URL(link.href).pathname.replace("/desk/", `/v1/music/${organization}/`);
  // Whoever comes back to what they were about to share finds it as they left it.
  if (asked !== path || !made.hidden) {
    path = asked;
    form.reset();
    form.elements.own_key.value = newKey();
    markLast(form);
    form.querySelector("details").open = innerWidth >= 640 && innerHeight >= 800;
    tell("form", "");
    change("asked");
  }
  sheet.querySelector("[data-name]").textContent = link.dataset.title;
  sheet.showModal();
  form.querySelector('[name="expires"]:checked').focus();
}

function change(state) {
  for (const one of sheet.querySelectorAll("[data-while]")) one.hidden = one.dataset.while !== state;
  made.hidden = state !== "made";
}

sheet.querySelector("[data-close]").addEventListener("click", () => sheet.close());
sheet.addEventListener("close", () => opener?.focus());

form.addEventListener("submit", (event) => {
  // Links for several are shown on a page of their own.
  if (form.elements.recipients.value.trim()) {
    form.action = opener.href;
    return;
  }
  event.preventDefault();
  if (!isBusy) send();
});

async function send() {
  tell("form", "");
  const terms = read();
  if (!terms) return;
  const [to, body] = [path, JSON.stringify(terms)];
  if (begun.to !== to || begun.body !== body) begun = { to, body, key: newKey() };
  busy(true);
  const answer = await ask(begun);
  busy(false);
  // Meanwhile the sheet may be about something else.
  if (to !== path) return;
  if (!answer.link) {
    tell(answer.field, answer.fault);
    return;
  }
  begun = {};
  change("made");
  showMade(made, answer.link, told(answer.link), terms.password);
  sheet.scrollTop = 0;
  made.querySelector("[data-copy]").focus();
}

async function ask({ to, body, key }) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key };
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(to, { method: "POST", headers, body, signal });
    const sent = await answer.json();
    if (answer.ok) return { link: sent };
    if (answer.status === 401) return { fault: words.signed_out };
    const { message, details } = sent.error;
    const fault = answer.status === 422 ? words.invalid : words.failed;
    return { field: details?.field, fault: words[message] ?? fault };
  } catch (error) {
    return { fault: error.name === "TypeError" ? words.offline : words.busy };
  }
}

// What the API is asked, None if something is wrong, which is told.
function read() {
  const sent = new FormData(form);
  const end = sent.get("expires");
  if (end === "date" && !sent.get("expires_at")) return tell("expires_at", words.no_date);
  const [unit, count] = end.split("-");
  const most = sent.get("max_opens").trim();
  if ((most || sent.get("opens") === "number") && !/^0*[1-9]\d{0,15}$/.test(most))
    return tell("max_opens", words.no_number);
  const password = sent.get("password");
  if (password && [...password].length < LEAST_OF_A_PASSWORD) return tell("password", words.no_password);
  return {
    ...(end === "date" ? { expires_at: sent.get("expires_at") } : { [`expires_in_${unit}`]: Number(count) }),
    max_opens: most ? Number(most) : null,
    label: sent.get("label").trim() || null,
    starts_at: sent.get("starts_at") || null,
    strict_open: sent.has("strict_open"),
    allow_download: sent.has("allow_download"),
    preview: !sent.has("preview"),
    version: sent.has("version") ? "pinned" : "follows",
    ...(password ? { password } : {}),
  };
}

// What is wrong, beside its field. No text: nothing is wrong any more.
function tell(field, text) {
  const slots = [...form.querySelectorAll("[data-fault]")];
  for (const slot of slots) slot.hidden = true;
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  if (!text) return null;
  const slot = slots.find((one) => one.dataset.fault.split(" ").includes(field)) ?? slots.at(-1);
  slot.textContent = text;
  slot.hidden = false;
  const rest = slot.closest("details");
  if (rest) rest.open = true;
  const input = [...form.elements].find((one) => one.name === field);
  input?.setAttribute("aria-invalid", "true");
  (input ?? form.querySelector(".main")).focus();
  slot.scrollIntoView({ block: "nearest" });
  return null;
}

function told(link) {
  const sentence = link.max_opens === null ? words.any : link.max_opens === 1 ? words.once : words.times;
  const end = momentWords(link.expires_at);
  const count = new Intl.NumberFormat(document.documentElement.lang).format(link.max_opens ?? 0);
  const later = link.starts_at ? ` ${fill(words.later, { start: momentWords(link.starts_at) })}` : "";
  return fill(sentence, { count, end }) + later;
}

function busy(is) {
  isBusy = is;
  form.querySelector(".main").setAttribute("aria-disabled", is);
}

// 128 random bits; randomUUID isn't there over plain http.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("-");
}
