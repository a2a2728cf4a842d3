// A one-time link's secret is in the fragment. It's put into the form, and out of the address and the history.

const secret = location.hash.slice(1);
if (/^[0-9a-f]{64}$/.test(secret)) {
  document.getElementById("link").value = secret;
  document.getElementById("pasted").hidden = true;
  history.replaceState(null, "", location.pathname);
}
