/** Lines that the sampler prints. */

export interface SampledStack {
  readonly pid: number;
  /** 0: of all threads. */
  readonly tid: number;
  readonly command: string;
  readonly count: number;
  readonly weight: number;
  /** The innermost first. */
  readonly user: readonly bigint[];
  readonly kernel: readonly bigint[];
}

export interface SampleCounts {
  readonly taken: number;
  /** There was no room for them. */
  readonly lost: number;
  /** Their weight could not be read. */
  readonly unread: number;
  readonly negative: number;
}

export type SampledLine =
  | { readonly kind: 'stack'; readonly stack: SampledStack }
  | { readonly kind: 'progress' | 'end'; readonly counts: SampleCounts };

const addresses = (text: string): bigint[] => text.split(' ').flatMap((word) => (word === '' ? [] : [BigInt(word)]));

/** undefined: none of its lines. */
export function parseSampledLine(line: string): SampledLine | undefined {
  const [kind, ...words] = line.split('\t');
  const number = (index: number): number => Number(words[index] ?? 0);
  if (kind === 'progress' || kind === 'end') return { kind, counts: { taken: number(0), lost: number(1), unread: number(2), negative: number(3) } };
  if (kind !== 'stack' || words.length < 7) return undefined;
  return { kind, stack: { pid: number(0), tid: number(1), count: number(2), weight: number(3), user: addresses(words[4] ?? ''), kernel: addresses(words[5] ?? ''), command: words.slice(6).join('\t') } };
}
