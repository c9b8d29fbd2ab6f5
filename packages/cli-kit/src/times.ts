/** Times of events: microseconds since the epoch, as scripts print them. */

/** ISO 8601 in UTC with all six digits, for programs. */
export function isoTime(timeUs: number): string {
  const seconds = new Date(Math.floor(timeUs / 1_000_000) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(timeUs % 1_000_000).padStart(6, '0')}Z`;
}

/** Time of day for people: local, or UTC with a Z; to the second, or with microseconds. */
export function clockTime(timeUs: number, { utc = false, precise = false }: { readonly utc?: boolean; readonly precise?: boolean } = {}): string {
  const time = new Date(timeUs / 1000);
  const parts = utc ? [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()] : [time.getHours(), time.getMinutes(), time.getSeconds()];
  const fraction = precise ? `.${String(timeUs % 1_000_000).padStart(6, '0')}` : '';
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}${fraction}${utc ? 'Z' : ''}`;
}
