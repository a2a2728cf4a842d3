// What a browser keeps for us, where it does.

// Some forbid a frame of another site to keep anything, and some keep nothing more when they're full.
export function recall(kind, name) {
  try {
    return window[kind].getItem(name);
  } catch {
    return null;
  }
}

export function remember(kind, name, text) {
  try {
    if (text === null) window[kind].removeItem(name);
    else window[kind].setItem(name, text);
  } catch {
    // Remembering is a comfort.
  }
}
