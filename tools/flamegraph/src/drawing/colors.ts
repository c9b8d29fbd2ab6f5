/** Colours of frames. The same function always has the same colour. */
import { tintOf, type Tint, type TreeFunction } from '../profile/functions.js';

export type ColorScheme = 'kind' | 'module' | 'name';
export const COLOR_SCHEMES: readonly ColorScheme[] = ['kind', 'module', 'name'];
export type Theme = 'light' | 'dark';

interface Hsl {
  readonly hue: number;
  readonly saturation: number;
  readonly lightness: number;
}

const TINT_COLORS: Readonly<Record<Tint, Hsl>> = {
  user: { hue: 4, saturation: 82, lightness: 72 },
  cxx: { hue: 47, saturation: 88, lightness: 66 },
  inlined: { hue: 185, saturation: 48, lightness: 66 },
  jit: { hue: 128, saturation: 42, lightness: 67 },
  kernel: { hue: 27, saturation: 92, lightness: 66 },
  process: { hue: 222, saturation: 14, lightness: 80 },
};

/** Names of the groups in a legend. */
export const TINT_NAMES: Readonly<Record<Tint, string>> = { user: 'user', cxx: 'C++, Rust', inlined: 'inlined', jit: 'JIT', kernel: 'kernel', process: 'process' };

/** What a search found: no other scheme has it. */
export const MATCH_COLORS: Readonly<Record<Theme, string>> = { light: 'hsl(292 90% 72%)', dark: 'hsl(292 85% 66%)' };

/** FNV-1a, as a number from 0 to 1. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return ((value ^ (value >>> 15)) >>> 0) / 0x1_0000_0000;
}

/** Text on it is dark in both themes. */
function css({ hue, saturation, lightness }: Hsl, theme: Theme): string {
  return `hsl(${hue.toFixed(0)} ${(theme === 'dark' ? saturation * 0.72 : saturation).toFixed(0)}% ${(theme === 'dark' ? lightness - 10 : lightness).toFixed(0)}%)`;
}

function around(base: Hsl, name: string): Hsl {
  const at = hash(name) - 0.5;
  return { hue: base.hue + at * 9, saturation: base.saturation, lightness: base.lightness + at * 13 };
}

export function legendColor(tint: Tint, theme: Theme): string {
  return css(TINT_COLORS[tint], theme);
}

export function colorOf(fn: TreeFunction, scheme: ColorScheme, theme: Theme): string {
  if (fn.kind === 'process') return css(around(TINT_COLORS.process, fn.name), theme);
  if (scheme === 'kind') return css(around(TINT_COLORS[tintOf(fn)], fn.name), theme);
  if (scheme === 'module') return css(around({ hue: hash(fn.module ?? '') * 360, saturation: fn.module === undefined ? 5 : 58, lightness: 70 }, fn.name), theme);
  return css({ hue: hash(fn.name) * 55, saturation: 88, lightness: 62 + hash(`${fn.name} `) * 10 }, theme);
}

const NEW: Hsl = { hue: 32, saturation: 95, lightness: 62 };
const GONE: Hsl = { hue: 262, saturation: 60, lightness: 74 };

/** Red: more than before, blue: less; orange: new, violet: gone. The stronger, the larger the change is in proportion. */
export function changeColor(before: number, after: number, theme: Theme): string {
  if (before === 0 && after > 0) return css(NEW, theme);
  if (after === 0 && before > 0) return css(GONE, theme);
  const change = before === after ? 0 : (after - before) / Math.max(before, after);
  const strength = Math.sqrt(Math.abs(change));
  if (Math.abs(change) < 0.005) return css({ hue: 0, saturation: 0, lightness: 88 }, theme);
  return css({ hue: change > 0 ? 2 : 212, saturation: 30 + 60 * strength, lightness: 88 - 24 * strength }, theme);
}

export const CHANGE_LEGEND: readonly (readonly [name: string, before: number, after: number])[] = [['less', 100, 40], ['same', 1, 1], ['more', 40, 100], ['new', 0, 1], ['gone', 1, 0]];
