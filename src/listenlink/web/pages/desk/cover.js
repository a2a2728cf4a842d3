// A picture that is too large is told of before it's sent.

const MOST_BYTES = 8 * 1024 * 1024;
const input = document.getElementById("cover");

input.addEventListener("change", () => {
  const [file] = input.files;
  input.setCustomValidity(file && file.size > MOST_BYTES ? input.dataset.large : "");
  input.reportValidity();
});
