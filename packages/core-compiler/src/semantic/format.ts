/**
 * Format strings of printf and sprintf. A directive is `%`, at most one flag, width, precision,
 * at most one `l`, conversion (man stap, "PRINTING").
 */
import type { FormatPiece } from '@stapkit/object';

export type Format = { readonly ok: true; readonly pieces: readonly FormatPiece[] } | { readonly ok: false; readonly message: string };

type Conversion = Extract<FormatPiece, { readonly conversion: string }>;
const DIRECTIVE = /%(?<flag>[0+\- #])?(?<width>\*|\d+)?(?<dot>\.(?<precision>\*|\d+)?)?l?(?<conversion>[diuoxXpcsbmM])/y;
/** Widths beyond any line are slips of the pen, and would only waste memory. */
const MAX_WIDTH = 1_000_000;

export function parseFormat(text: string): Format {
  const pieces: FormatPiece[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('%', at);
    literal += text.slice(at, next < 0 ? undefined : next);
    if (next < 0) break;
    if (text[next + 1] === '%') {
      literal += '%';
      at = next + 2;
      continue;
    }
    DIRECTIVE.lastIndex = next;
    const match = DIRECTIVE.exec(text);
    if (match === null) return { ok: false, message: `invalid or missing conversion specifier in '${text.slice(next, next + 8)}'` };
    if (literal !== '') pieces.push({ literal });
    literal = '';
    const piece = directive(match.groups ?? {});
    if (typeof piece === 'string') return { ok: false, message: piece };
    pieces.push(piece);
    at = DIRECTIVE.lastIndex;
  }
  if (literal !== '') pieces.push({ literal });
  return { ok: true, pieces };
}

function directive(groups: Readonly<Record<string, string | undefined>>): Conversion | string {
  const { flag, width, precision, conversion } = groups;
  const sizes = { width: size(width), precision: groups['dot'] === undefined ? undefined : (size(precision) ?? 0) };
  for (const one of [sizes.width, sizes.precision]) {
    if (typeof one === 'number' && one > MAX_WIDTH) return `a field of ${one} bytes is wider than ${MAX_WIDTH}`;
  }
  return {
    conversion: (conversion === 'i' ? 'd' : conversion) as Conversion['conversion'],
    ...(flag === undefined ? {} : { flag: flag as NonNullable<Conversion['flag']> }),
    ...(sizes.width === undefined ? {} : { width: sizes.width }),
    ...(sizes.precision === undefined ? {} : { precision: sizes.precision }),
  };
}

function size(text: string | undefined): number | '*' | undefined {
  if (text === undefined) return undefined;
  return text === '*' ? '*' : Number(text);
}

/** The types of the arguments that a format takes, in order. */
export function argumentTypes(pieces: readonly FormatPiece[]): readonly ('long' | 'string')[] {
  return pieces.flatMap((piece) => {
    if ('literal' in piece) return [];
    const stars = [piece.width, piece.precision].filter((one) => one === '*').map(() => 'long' as const);
    return [...stars, piece.conversion === 's' ? ('string' as const) : ('long' as const)];
  });
}
