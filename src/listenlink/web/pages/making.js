// How a track was made, as far as that is said, and by whom.

const find = (id) => document.getElementById(id);

function write(id, text) {
  const element = find(id);
  if (!element) return;
  element.textContent = text ?? "";
  element.hidden = text == null;
}

// `ai` is what is said of the track that is heard, `ofAll` of all in the collection; either may be null.
export function showMaking(ai, ofAll) {
  write("ai-said", ai?.sentence);
  write("ai-file-said", ai?.file_sentence);
  write("ai-file-name", ai?.file_name);
  find("ai-file").hidden = !ai?.file_sentence;
  write("ai-all", ofAll);
  if (find("making")) find("making").hidden = !ai && !ofAll;
}
