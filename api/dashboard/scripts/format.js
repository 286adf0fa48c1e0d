// Numbers, times and durations as text, in the reader's language and time zone.

const UNKNOWN = "Etc/Unknown"; // Chromium's, where the machine has none
const { timeZone = UNKNOWN } = Intl.DateTimeFormat().resolvedOptions();
export const TIME_ZONE = timeZone === UNKNOWN ? "UTC" : timeZone;
export const NOTHING = "–";

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const threeDigits = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });
const times = (options, locale) => new Intl.DateTimeFormat(locale, { timeZone: TIME_ZONE, ...options });
const clockTime = times({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayMonth = times({ day: "numeric", month: "short" });
const dayYear = times({ day: "numeric", month: "short", year: "numeric" });
const dayTime = times({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const isoDate = times({ year: "numeric", month: "2-digit", day: "2-digit" }, "sv"); // 2026-10-01

export const count = (number) => (number === null || number === undefined ? NOTHING : whole.format(number));
export const amount = (number) => whole.format(number);
export const rate = (number) => oneDigit.format(number);
export const score = (number) => threeDigits.format(number);

export function percent(share) {
  if (share === null || share === undefined) return NOTHING;
  const value = 100 * share;
  return `${value > 0 && value < 10 ? oneDigit.format(value) : whole.format(value)} %`;
}

// Hours → "45 min", "7.5 h", "4.2 days".
export function duration(hours) {
  if (hours === null || hours === undefined) return NOTHING;
  if (hours < 1) return `${whole.format(60 * hours)} min`;
  if (hours < 48) return `${oneDigit.format(hours)} h`;
  return `${(hours < 24 * 100 ? oneDigit : whole).format(hours / 24)} days`;
}

export const clock = (when) => clockTime.format(new Date(when));
export const day = (when) => dayMonth.format(new Date(when));

// The day of an instant as the API takes it, and the instant at which such a day is shown.
export const isoDay = (when) => isoDate.format(new Date(when));
export const midnight = (isoDayText) => new Date(`${isoDayText}T00:00`).getTime();

// Of this year without the year.
export function instant(when) {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return String(when);
  return date.getFullYear() === new Date().getFullYear() ? dayTime.format(date) : dayYear.format(date);
}

export const counted = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;
