// The files of an input or a drop, with those in folders: each with its path, and whether it was found in one.

export const MOST_FILES = 2000;

// Those that were chosen by an input: one of a folder tells where in it.
export function filesOfInput(input) {
  return [...input.files].map((file) => found(file, file.webkitRelativePath));
}

// What was dropped may be looked at only at once, and what is in folders only by and by.
export function filesOfDrop(transfer) {
  const dropped = [...transfer.items].filter((item) => item.kind === "file");
  const places = dropped.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  return (async () => {
    const files = [];
    for (const place of places) {
      if (place instanceof File) files.push(found(place, ""));
      else if (place?.isFile) files.push(...(await fileOf(place, "")));
      else if (place) await walk(place, files);
    }
    return files;
  })();
}

// What is to be sent, in the order of their names, and how many others there are. Of what was found in a
// folder, only audio that isn't hidden; what somebody chose is for the server to judge.
export function sift(files, endings) {
  const isMusic = ({ file, path, isFound }) =>
    !isFound || (!/(^|\/)\./.test(path) && endings.includes(file.name.split(".").pop().toLowerCase()));
  const music = files.filter(isMusic).sort((one, other) => order.compare(one.path, other.path));
  const skipped = files.length - music.length;
  return { music: music.slice(0, MOST_FILES), skipped, isCut: music.length > MOST_FILES };
}

const order = new Intl.Collator(undefined, { numeric: true });

function found(file, path) {
  return { file, path: path || file.name, isFound: path !== "" };
}

async function walk(folder, files) {
  const reader = folder.createReader();
  // It gives a hundred at a time.
  for (;;) {
    const entries = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (!entries.length || files.length > 10 * MOST_FILES) return;
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry, files);
      else files.push(...(await fileOf(entry, entry.fullPath.slice(1))));
    }
  }
}

// One that can't be read isn't there.
async function fileOf(entry, path) {
  const file = await new Promise((done) => entry.file(done, () => done(null)));
  return file ? [found(file, path)] : [];
}
