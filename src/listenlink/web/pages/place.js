// Where to begin: as the address says, else where the listener was. That is kept over visits: of some piece
// of music, named by its public id, the track and the second.

import { recall, remember } from "./memory.js";

const PLACES = "listenlink:places";
const MOST_PLACES = 50;
const LEAST_LEFT_SECONDS = 5;
const NAMED = /^#t=(?:(\d{1,2}):)?(?:(\d{1,3}):)?(\d{1,5})$/;

// The index of a track and a place in it in seconds, for the page's data.
export function firstPlace(fragment, { mark, tracks }) {
  const asked = NAMED.exec(fragment);
  if (asked) {
    const [hours, minutes] = asked[2] ? [asked[1], asked[2]] : [0, asked[1] ?? 0];
    const seconds = Number(hours) * 3600 + Number(minutes) * 60 + Number(asked[3]);
    return [0, seconds < tracks[0]?.seconds ? seconds : 0];
  }
  const [trackId, seconds] = allPlaces()[mark] ?? [];
  // By its id: what is at the same place of the list may be another track by now.
  const index = tracks.findIndex((track) => track.id === trackId);
  if (index < 0) return [0, 0];
  return [index, seconds < tracks[index].seconds - LEAST_LEFT_SECONDS ? seconds : 0];
}

export function keepPlace(mark, trackId, seconds) {
  const all = allPlaces();
  delete all[mark];
  const kept = Object.entries(all).slice(1 - MOST_PLACES);
  const place = [mark, [trackId, Math.floor(seconds)]];
  remember("localStorage", PLACES, JSON.stringify(Object.fromEntries([...kept, place])));
}

function allPlaces() {
  try {
    return JSON.parse(recall("localStorage", PLACES)) ?? {};
  } catch {
    return {};
  }
}
