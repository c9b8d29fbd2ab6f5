/**
 * The candidates nearest to `name`, best first, at most `max`: for "did you mean" hints.
 * A candidate counts as near when at most a third of its characters differ (Damerau-Levenshtein:
 * one insertion, deletion, change or swap of neighbours costs 1), or when the names differ in
 * letter case, underscores or one prefix alone (`readlink` – `sys_readlink`).
 */
export function similarNames(name: string, candidates: Iterable<string>, max = 3): readonly string[] {
  const found: { readonly name: string; readonly distance: number }[] = [];
  const seen = new Set<string>([name]);
  const bare = plain(name);
  for (const candidate of candidates) {
    if (seen.has(candidate)) continue;
    seen.add(candidate);
    const distance = nearness(name, bare, candidate);
    if (distance !== undefined) found.push({ name: candidate, distance });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return found.slice(0, max).map((one) => one.name);
}

/** A hint line for the nearest names, or undefined when there is none. */
export function didYouMean(name: string, candidates: Iterable<string>, max = 3): string | undefined {
  const names = similarNames(name, candidates, max);
  const last = names.at(-1);
  if (last === undefined) return undefined;
  const quoted = names.map((one) => `'${one}'`);
  return `did you mean ${quoted.length === 1 ? `'${last}'` : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`}?`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '');
}

function nearness(name: string, bare: string, candidate: string): number | undefined {
  const limit = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
  if (Math.abs(name.length - candidate.length) <= limit) {
    const distance = editDistance(name, candidate, limit);
    if (distance <= limit && distance < name.length) return distance;
  }
  const other = plain(candidate);
  if (bare.length > 0 && other === bare) return 1;
  if (name.length >= 4 && (candidate.endsWith(`_${name}`) || name.endsWith(`_${candidate}`) || candidate.startsWith(`${name}_`))) return limit + 1;
  return undefined;
}

/** Damerau-Levenshtein (optimal string alignment); gives `limit + 1` as soon as it must exceed `limit`. */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1)) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
