/** Times of events: microseconds since the epoch, as scripts print them. */

/** ISO 8601 in UTC with all six digits, for programs. */
export function isoTime(timeUs: number): string {
  const seconds = new Date(Math.floor(timeUs / 1_000_000) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(timeUs % 1_000_000).padStart(6, '0')}Z`;
}

/** Local time of day to the second, for people. */
export function clockTime(timeUs: number): string {
  const time = new Date(timeUs / 1000);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
