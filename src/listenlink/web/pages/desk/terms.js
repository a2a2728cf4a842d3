// A form with a link's terms: times are typed by the reader's own clock, and sent as the moments that they are.

import { recall, remember } from "../memory.js";

const LAST = "desk-ends";
const two = (number) => String(number).padStart(2, "0");
const day = (time) => `${String(time.getFullYear()).padStart(4, "0")}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;

function local(time) {
  const seconds = time.getSeconds() ? `:${two(time.getSeconds())}` : "";
  return `${day(time)}T${two(time.getHours())}:${two(time.getMinutes())}${seconds}`;
}

// The last second before the next day begins, which isn't always 24 hours after this one did.
function dayEnd(text) {
  const [year, month, date] = text.split("-").map(Number);
  return new Date(new Date(year, month - 1, date + 1) - 1000);
}

const iso = (time) => (Number.isNaN(Number(time)) ? "" : time.toISOString().replace(".000", ""));

// What a form sends, and what `new FormData(form)` has.
document.addEventListener("formdata", ({ formData }) => {
  const [end, start] = [formData.get("expires_at"), formData.get("starts_at")];
  if (/^\d{4}-\d\d-\d\d$/.test(end)) formData.set("expires_at", iso(dayEnd(end)) || end);
  if (start) formData.set("starts_at", iso(new Date(start)) || start);
});

// How long the last link was to be open is chosen for the next one.
export function markLast(form) {
  const last = recall("localStorage", LAST);
  if (last) form.elements.expires.value = last;
}

document.addEventListener("submit", ({ target }) => {
  if (target.querySelector(".terms[data-last]")) remember("localStorage", LAST, target.elements.expires.value);
});

document.addEventListener("input", ({ target }) => {
  const choice = target.form?.elements.opens;
  if (!choice) return;
  const isTyped = target.value || target.validity.badInput;
  if (target.name === "max_opens" && isTyped) choice.value = "number";
  if (target.name === "opens" && target.value === "any") target.form.elements.max_opens.value = "";
});

// Another password each time, of those that the page came with.
document.addEventListener("click", ({ target }) => {
  const { suggested } = target.dataset ?? {};
  if (!suggested) return;
  const [first, ...others] = suggested.split(" ");
  target.dataset.suggested = [...others, first].join(" ");
  target.form.elements.password.value = first;
});

for (const place of document.querySelectorAll(".terms")) {
  place.querySelector("[data-suggests]").hidden = false;
  for (const told of place.querySelectorAll("[data-zone]")) told.hidden = told.dataset.zone !== "here";
  if ("last" in place.dataset) markLast(place.closest("form"));
  const now = new Date();
  const end = place.querySelector('[name="expires_at"]');
  end.min = day(now);
  end.max = day(new Date(now.getFullYear(), now.getMonth(), now.getDate() + 89));
  for (const input of place.querySelectorAll("[data-at]")) {
    const at = new Date(input.dataset.at.includes("T") ? input.dataset.at : Number.NaN);
    if (!Number.isNaN(Number(at))) input.value = input === end ? day(at) : local(at);
  }
}
