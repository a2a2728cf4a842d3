// A link's numbers, asked for anew every few seconds while somebody looks at them, for an hour at most.

const EVERY_MS = 5000;
const LONGEST_MS = 60_000;
const tiles = document.getElementById("tiles");
const told = document.getElementById("live");
const address = `/v1/music/${document.body.dataset.organization}/share/${tiles.dataset.link}`;
const words = new Intl.NumberFormat(document.documentElement.lang);
const until = performance.now() + 3_600_000;
let timer = 0;
let wait = EVERY_MS;

function show({ opens, listens, listening, downloads, days }) {
  const listeners = days.reduce((sum, day) => sum + day.listeners, 0);
  for (const [name, number] of Object.entries({ opens, listens, listening, listeners, downloads }))
    tiles.querySelector(`[data-tile="${name}"]`).textContent = words.format(number);
}

// Returns what ends it, if anything does.
async function ask() {
  const began = performance.now();
  let answer = null;
  try {
    answer = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(LONGEST_MS) });
    if (answer.ok) show(await answer.json());
  } catch {
    // No network, or not now: asked again later.
  }
  if (answer?.status === 401) return tiles.dataset.signedOut;
  if ([403, 404].includes(answer?.status) || performance.now() > until) return tiles.dataset.over;
  // Of a link that is opened a million times they take longer: the server has others to answer.
  wait = answer?.ok ? Math.max(EVERY_MS, 20 * (performance.now() - began)) : Math.min(2 * wait, LONGEST_MS);
  return "";
}

async function goOn() {
  told.textContent = await ask();
  if (!told.textContent) plan(wait);
}

function plan(delay) {
  clearTimeout(timer);
  if (document.visibilityState === "visible") timer = setTimeout(goOn, delay);
}

document.addEventListener("visibilitychange", () => told.textContent || plan(0));
plan(wait);
