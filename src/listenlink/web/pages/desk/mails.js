// Who chooses for the first time how they are mailed is offered the zone that their clock is in.

const zone = document.querySelector("#zone[data-here]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && here) zone.value = here;
