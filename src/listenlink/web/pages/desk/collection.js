// Rows are dragged by their handles. A drop does what the form in the row does, so that nothing is kept twice.

const EDGE = 72;
const STEP = 12;
const KEPT = "listenlink:scrolled";
const told = document.getElementById("told");
const list = document.getElementById("tracks");
let held = null;

// What was there when a page came isn't read out; what comes later is.
const said = told.textContent;
told.textContent = "";
setTimeout(() => {
  told.textContent ||= said;
}, 200);

function middle(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}

function tell() {
  const values = {
    title: held.row.querySelector("b").textContent,
    place: Number(list.dataset.first) + [...list.children].indexOf(held.row),
    all: list.dataset.all,
  };
  told.textContent = list.dataset.words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// The others step aside: what is held stays where it is in the document, and so under the finger.
function follow() {
  const { row, y } = held;
  const before = row.nextElementSibling;
  while (row.previousElementSibling && y < middle(row.previousElementSibling)) {
    row.after(row.previousElementSibling);
  }
  while (row.nextElementSibling && y > middle(row.nextElementSibling)) {
    row.before(row.nextElementSibling);
  }
  if (row.nextElementSibling !== before) tell();
}

function roll() {
  if (!held) return;
  const step = held.y < EDGE ? -STEP : held.y > innerHeight - EDGE ? STEP : 0;
  if (step) {
    scrollBy(0, step);
    follow();
  }
  requestAnimationFrame(roll);
}

function drop(row) {
  const button = row.querySelector("[value=to]");
  const beside = row.nextElementSibling ?? row.previousElementSibling;
  const field = row.nextElementSibling ? "before" : "after";
  button.form.addEventListener("formdata", ({ formData }) => formData.set(field, beside.id), { once: true });
  button.value = "drag";
  button.formNoValidate = true;
  button.form.requestSubmit(button);
  // For whoever comes back to this page as it was.
  button.value = "to";
  button.formNoValidate = false;
}

function end(isDropped) {
  if (!held) return;
  const { row, next, text } = held;
  held = null;
  row.classList.remove("held");
  if (isDropped && row.nextElementSibling !== next) {
    drop(row);
    return;
  }
  list.insertBefore(row, next);
  told.textContent = text;
}

function take(event) {
  const handle = event.target.closest(".handle");
  if (!handle || event.button || held) return;
  event.preventDefault();
  const row = handle.closest("li");
  held = { row, y: event.clientY, next: row.nextElementSibling, text: told.textContent };
  list.setPointerCapture(event.pointerId);
  row.classList.add("held");
  roll();
}

if (list) {
  for (const handle of list.querySelectorAll(".handle")) handle.hidden = false;
  list.addEventListener("pointerdown", take);
  list.addEventListener("pointermove", (event) => {
    if (!held) return;
    held.y = event.clientY;
    follow();
  });
  list.addEventListener("pointerup", () => end(true));
  list.addEventListener("pointercancel", () => end(false));
  list.addEventListener("lostpointercapture", () => end(false));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") end(false);
  });
  // The page that comes after a row was moved is looked at from the same place.
  list.addEventListener("submit", () => sessionStorage.setItem(KEPT, `${location.pathname} ${scrollY}`));
}

const [path, top] = (sessionStorage.getItem(KEPT) ?? "").split(" ");
sessionStorage.removeItem(KEPT);
if (path === location.pathname) scrollTo(0, Number(top));
