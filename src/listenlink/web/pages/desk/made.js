// A new link, as it's shown once: copied, passed on, kept as a picture.

function say(made, text) {
  made.querySelector("[data-said]").textContent = text;
}

async function copy(made, field) {
  try {
    await navigator.clipboard.writeText(field.value);
    say(made, made.dataset.copied);
  } catch {
    // There is no clipboard over plain http, or it's forbidden.
    field.focus();
    field.select();
    say(made, made.dataset.byHand);
  }
}

async function send(made, field) {
  try {
    await navigator.share({ url: field.value });
  } catch (error) {
    // Whoever changed their mind needn't be told.
    if (error.name !== "AbortError") await copy(made, field);
  }
}

function wire(made) {
  const field = linkOf(made);
  const [copies, sends] = [made.querySelector("[data-copy]"), made.querySelector("[data-send]")];
  made.querySelector("[data-plain]").remove();
  copies.hidden = false;
  copies.addEventListener("click", () => copy(made, field));
  sends.hidden = !navigator.share;
  sends.addEventListener("click", () => send(made, field));
}

const linkOf = (made) => made.querySelector("[data-link]");

// A link as the API tells it, with its words and its password if it has one; the code comes later, or never.
export async function showMade(made, link, words, password = "") {
  made.querySelector("[data-password]").hidden = !password;
  made.querySelector("[data-password] input").value = password;
  made.querySelector(".told").textContent = words;
  linkOf(made).value = link.url;
  made.querySelector("[data-see]").href = `/desk/links/${link.id}`;
  made.hidden = false;
  say(made, "");
  // It has its place from the first, lest what somebody is about to press moves.
  const figure = made.querySelector(".qr");
  figure.hidden = false;
  figure.querySelector("path").setAttribute("d", "");
  figure.querySelector("a").removeAttribute("href");
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const body = JSON.stringify({ url: link.url });
  const answer = await fetch("/desk/qr", { method: "POST", headers, body }).catch(() => null);
  if (!answer?.ok) {
    figure.hidden = true;
    return;
  }
  const { size, path } = await answer.json();
  if (linkOf(made).value === link.url) draw(figure, size, path);
}

function draw(figure, size, path) {
  const svg = figure.querySelector("svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.querySelector("path").setAttribute("d", path);
  const file = svg.cloneNode(true);
  file.setAttribute("width", 512);
  file.setAttribute("height", 512);
  const text = new XMLSerializer().serializeToString(file);
  figure.querySelector("a").href = `data:image/svg+xml,${encodeURIComponent(text)}`;
}

for (const made of document.querySelectorAll(".made")) wire(made);
