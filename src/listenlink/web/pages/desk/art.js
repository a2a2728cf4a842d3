// A picture that isn't there leaves what lies under it to be seen.

for (const picture of document.querySelectorAll(".art img")) {
  picture.addEventListener("error", () => picture.remove());
  if (picture.complete && !picture.naturalWidth) picture.remove();
}
