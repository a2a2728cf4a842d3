// On every page of the desk: times by the reader's own clock, and as the server said them on hover.

import { showMoments } from "../moments.js";

for (const element of document.querySelectorAll("time[datetime]")) element.title = element.textContent;
showMoments();
