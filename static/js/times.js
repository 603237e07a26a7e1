/**
 * Shows times in the time zone of the viewer, with the time in UTC as the title.
 *
 * A <time> element with data-local contains the time in UTC, which remains without JavaScript. Its value is "time" for
 * the time of day, else "date-time"; "short" leaves out the year.
 */

const DATE = { day: "numeric", month: "short" };
const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const FORMATS = {
  "time": TIME,
  "short": { ...DATE, ...TIME },
  "date-time": { ...DATE, year: "numeric", ...TIME, timeZoneName: "short" },
};

function localize(element) {
  const utc = element.textContent.replace(/ UTC$/, "");
  element.title = `${utc} UTC`;
  element.textContent = new Intl.DateTimeFormat("en-GB", FORMATS[element.dataset.local]).format(new Date(element.dateTime));
  element.removeAttribute("data-local");
}

function localizeAll() {
  document.querySelectorAll("time[data-local]").forEach(localize);
}

localizeAll();
document.addEventListener("htmx:afterSwap", localizeAll);
document.addEventListener("htmx:oobAfterSwap", localizeAll);
