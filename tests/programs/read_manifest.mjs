// What a reader that shares nothing with the library that signs finds: for each pair of arguments, a file and the
// manifest beside it, a line of JSON.
import { readFile } from "node:fs/promises";
import { SuperBox } from "@trustnxt/c2pa-ts/jumbf";
import { ManifestStore } from "@trustnxt/c2pa-ts/manifest";

const asset = (bytes) => ({
  getDataLength: () => bytes.length,
  getDataRange: async (start = 0, length = bytes.length) => bytes.subarray(start, start + length),
  getHashExclusionRange: () => ({ start: 0, length: 0 }),
  getManifestJUMBF: () => undefined,
});

const paths = process.argv.slice(2);
while (paths.length) {
  const [file, beside] = await Promise.all(paths.splice(0, 2).map((path) => readFile(path)));
  const store = ManifestStore.read(SuperBox.fromBuffer(beside));
  const found = await store.validate(asset(file));
  const faults = found.statusEntries.filter((entry) => !entry.success).map((entry) => entry.code);
  const said = store.getActiveManifest().assertions.assertions.flatMap((one) => one.actions ?? []);
  const types = said.map((action) => action.digitalSourceType).filter(Boolean);
  console.log(JSON.stringify({ valid: found.isValid, faults, types }));
}
