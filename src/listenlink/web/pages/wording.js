// Times and messages as a person reads them.

export function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// "1 second", "20 seconds", in the page's language.
export function waiting(seconds) {
  const form = { style: "unit", unit: "second", unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, form).format(seconds);
}

// "340 kB", "12.3 MB", in the page's language.
export function sizeOf(bytes) {
  const sizes = { gigabyte: 1e9, megabyte: 1e6, kilobyte: 1e3 };
  const [unit, size] = Object.entries(sizes).find(([, least]) => bytes >= least) ?? ["kilobyte", 1e3];
  const form = { style: "unit", unit, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, form).format(bytes / size);
}
