/**
 * Shows times in the time zone of the viewer.
 *
 * A <time> element with data-local contains the time in UTC, which remains as its title, and also as its text without
 * JavaScript. The value of data-local is one of FORMATS, or "relative" (the template tag local_time).
 */

const MINUTE_MILLISECONDS = 60_000;
const YEAR_SECONDS = 365 * 24 * 3600;
const DAY_MILLISECONDS = 24 * 60 * MINUTE_MILLISECONDS;

const DATE = { day: "numeric", month: "short" };
const FULL_DATE = { ...DATE, year: "numeric" };
const MINUTES = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const TIME = { ...MINUTES, second: "2-digit" };
const FORMATS = {
  "time": TIME,
  "short": { ...DATE, ...TIME },
  "date": FULL_DATE,
  "minutes": { ...FULL_DATE, ...MINUTES, timeZoneName: "short" },
  "date-time": { ...FULL_DATE, ...TIME, timeZoneName: "short" },
};

const format = (date, options) => new Intl.DateTimeFormat("en-GB", options).format(date);
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

/** Formats a past time as the template tag does, with today and yesterday in the time zone of the viewer. */
function relative(date) {
  const now = new Date();
  const minutes = Math.floor((now - date) / MINUTE_MILLISECONDS);
  if (minutes < 1) {
    return "just now";
  }
  if (minutes < 60) {
    return `${minutes} min ago`;
  }
  // Rounded, because a day has 23 or 25 hours when the clocks change.
  const days = Math.round((midnight(now) - midnight(date)) / DAY_MILLISECONDS);
  if (days <= 1) {
    return `${days ? "yesterday" : "today"}, ${format(date, MINUTES)}`;
  }
  return format(date, date.getFullYear() === now.getFullYear() ? DATE : FULL_DATE);
}

function localize(element) {
  const date = new Date(element.dateTime);
  const name = element.dataset.local;
  element.textContent = name === "relative" ? relative(date) : format(date, FORMATS[name]);
  element.removeAttribute("data-local");
}

function localizeAll() {
  document.querySelectorAll("time[data-local]").forEach(localize);
}

/** Stores the time zone, in which the server counts days, and loads a page again that was rendered without it. */
function storeTimeZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const zone = `timezone=${timeZone}`;
  const isStored = () => document.cookie.split("; ").includes(zone);
  if (!isStored()) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${zone}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
  }
  // Without the time zone, the server uses UTC.
  if (document.querySelector("[data-needs-time-zone]") && timeZone !== "UTC" && isStored()) {
    location.reload();
  }
}

storeTimeZone();
localizeAll();
document.addEventListener("htmx:afterSwap", localizeAll);
document.addEventListener("htmx:oobAfterSwap", localizeAll);
