// Elements that the script makes or names. Never from markup: what people wrote is only ever text.

// What a button with an icon is called.
export function rename(id, name) {
  document.getElementById(id).querySelector(".unseen").textContent = name;
}

export function picture(path) {
  const image = new Image(512, 512);
  image.id = "cover";
  image.alt = "";
  image.src = path;
  return image;
}

// A piece of a track's line; what people wrote runs its own way.
export function part(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.dir = "auto";
  element.textContent = text;
  return element;
}
