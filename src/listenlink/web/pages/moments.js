// Days and times by the reader's own clock: their zone, and the form that is usual where they are.

// Of the languages that the reader knows, the page's own in their country's form: "en" says neither
// which number is the month nor whether the afternoon begins at 1 or at 13.
function form() {
  const { lang } = document.documentElement;
  return navigator.languages?.find((name) => name.split("-")[0] === lang) ?? lang;
}

// `when` is ISO 8601 or milliseconds: "1 November 2026 at 13:05".
export function momentWords(when) {
  const style = { dateStyle: "long", timeStyle: "short" };
  const parts = new Intl.DateTimeFormat(form(), style).formatToParts(new Date(when));
  // French has an ordinal for the first of a month, for which date patterns have no letter.
  const isFrench = document.documentElement.lang === "fr";
  const word = ({ type, value }) => (isFrench && type === "day" && value === "1" ? "1er" : value);
  return parts.map(word).join("");
}

// What the page says in UTC, because it's the same for all, said again for this reader.
export function showMoments() {
  for (const element of document.querySelectorAll("time[datetime]"))
    element.textContent = momentWords(element.dateTime);
}
