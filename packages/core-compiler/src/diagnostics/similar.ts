/**
 * The candidates nearest to `name`, best first, at most `max`: for "did you mean" hints.
 * A candidate counts as near when at most a third of its characters differ (Damerau-Levenshtein:
 * one insertion, deletion, change or swap of neighbours costs 1), or when the names differ in
 * letter case, underscores or one prefix alone (`readlink` – `sys_readlink`).
 */
export function similarNames(name: string, candidates: Iterable<string>, max = 3): readonly string[] {
  // A kernel has sixty thousand: only what is near is remembered.
  const near = new Map<string, number>();
  const wanted: Wanted = { name, bare: plain(name), asSuffix: `_${name}`, asPrefix: `${name}_` };
  for (const candidate of candidates) {
    const distance = candidate === name ? undefined : nearness(wanted, candidate);
    if (distance !== undefined) near.set(candidate, distance);
  }
  const found = [...near].map(([one, distance]) => ({ name: one, distance }));
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

interface Wanted {
  readonly name: string;
  readonly bare: string;
  readonly asSuffix: string;
  readonly asPrefix: string;
}

function nearness({ name, bare, asSuffix, asPrefix }: Wanted, candidate: string): number | undefined {
  const limit = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
  if (Math.abs(name.length - candidate.length) <= limit) {
    const distance = editDistance(name, candidate, limit);
    if (distance <= limit && distance < name.length) return distance;
  }
  if (bare.length > 0 && candidate.length >= bare.length && endsAlike(bare, candidate) && plain(candidate) === bare) return 1;
  if (name.length >= 4 && (candidate.endsWith(asSuffix) || candidate.startsWith(asPrefix) || name.endsWith(`_${candidate}`))) return limit + 1;
  return undefined;
}

/** Can the names be the same but for letter case and underscores, as far as their last characters tell? */
function endsAlike(bare: string, candidate: string): boolean {
  const last = candidate.charAt(candidate.length - 1);
  return last === '_' || last.toLowerCase() === bare.charAt(bare.length - 1);
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
