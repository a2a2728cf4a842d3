// A button that copies what a field shows.

const button = document.getElementById("copy");
const field = document.getElementById(button.dataset.copies);
button.hidden = !navigator.clipboard;
button.addEventListener("click", async () => {
  field.select();
  await navigator.clipboard.writeText(field.value);
  document.getElementById("copied").textContent = button.dataset.copied;
});
