// Passkeys: asked of the browser by what the server wants to know, and told to the server.

for (const place of document.querySelectorAll(".passkey")) {
  if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) continue;
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => press(place));
}

async function press(place) {
  const button = place.querySelector("button");
  const fault = place.querySelector(".fault");
  button.disabled = true;
  fault.hidden = true;
  try {
    const { publicKey } = await post(place.dataset.ask, {});
    const answer = await post(place.dataset.answer, await answerOf(publicKey));
    location.assign(answer.location);
  } catch (error) {
    button.disabled = false;
    // Whoever changed their mind needn't be told.
    if (error.name === "NotAllowedError" || error.name === "AbortError") return;
    fault.textContent = error.name === "TypeError" ? place.dataset.offline : place.dataset.refused;
    fault.hidden = false;
  }
}

// A new passkey's credential where somebody is to be added, else one that is there.
async function answerOf(asked) {
  const made = asked.user
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
  return made.toJSON();
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
