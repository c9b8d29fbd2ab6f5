/** What the page shows, and how a link tells it: all that differs from the page's own defaults stands in the URL's fragment. */
import { COLOR_SCHEMES, type ColorScheme } from '../drawing/colors.js';
import { GROUPINGS, type Grouping } from '../profile/functions.js';

/** A node or function by number, with its name: a link to an older recording finds the same name elsewhere. */
export interface Place {
  readonly id: number;
  readonly name: string;
}

/** The zoomed frame of each graph: of the whole, of a function's callers, of its callees. */
export interface Zooms {
  readonly whole?: Place;
  readonly callers?: Place;
  readonly callees?: Place;
}

export interface View {
  /** Index into `Profile.valueTypes`. In a comparison, whose counts are the widths: 0 before, 1 after. */
  readonly value: number;
  readonly grouping: Grouping;
  /** The sampled functions are the roots, and what calls them stands on them. */
  readonly reverse: boolean;
  /** Roots above. */
  readonly icicle: boolean;
  readonly colors: ColorScheme;
  /** In a comparison: colours compare shares of the whole instead of counts. */
  readonly shares: boolean;
  readonly query: string;
  readonly zooms: Zooms;
  /** The function whose callers and callees are shown instead of the whole. */
  readonly sandwich?: Place;
}

const SEPARATOR = '~';
const ZOOM_KEYS = { whole: 'zoom', callers: 'up', callees: 'down' } as const;

const placeText = ({ id, name }: Place): string => `${id}${SEPARATOR}${name}`;

function parsePlace(text: string | null): Place | undefined {
  const parts = /^(\d{1,9})~(.*)$/s.exec(text ?? '');
  return parts === null ? undefined : { id: Number(parts[1]), name: parts[2] ?? '' };
}

/** Fragment without '#'; empty for the defaults. */
export function fragmentOf(view: View, defaults: View): string {
  const words: [string, string][] = [];
  const flag = (key: string, value: boolean, usual: boolean): void => { if (value !== usual) words.push([key, value ? '1' : '0']); };
  if (view.sandwich !== undefined) words.push(['fn', placeText(view.sandwich)]);
  for (const [graph, key] of Object.entries(ZOOM_KEYS)) {
    const place = view.zooms[graph as keyof Zooms];
    if (place !== undefined) words.push([key, placeText(place)]);
  }
  if (view.query !== '') words.push(['q', view.query]);
  flag('icicle', view.icicle, defaults.icicle);
  flag('reverse', view.reverse, defaults.reverse);
  flag('shares', view.shares, defaults.shares);
  if (view.value !== defaults.value) words.push(['value', String(view.value)]);
  if (view.grouping !== defaults.grouping) words.push(['group', view.grouping]);
  if (view.colors !== defaults.colors) words.push(['colors', view.colors]);
  return words.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
}

/** The view that a fragment tells; what it does not say, or says wrongly, is as in the defaults. */
export function viewOf(fragment: string, defaults: View, values: number): View {
  const words = new URLSearchParams(fragment.replace(/^#/, '').replaceAll('+', '%2B'));
  const flag = (key: string, usual: boolean): boolean => (words.has(key) ? words.get(key) === '1' : usual);
  const value = /^\d+$/.test(words.get('value') ?? '') ? Number(words.get('value')) : defaults.value;
  const sandwich = parsePlace(words.get('fn'));
  const zooms = Object.entries(ZOOM_KEYS).flatMap(([graph, key]) => { const place = parsePlace(words.get(key)); return place === undefined ? [] : [[graph, place] as const]; });
  return {
    value: value < values ? value : defaults.value,
    grouping: GROUPINGS.find((name) => name === words.get('group')) ?? defaults.grouping,
    colors: COLOR_SCHEMES.find((name) => name === words.get('colors')) ?? defaults.colors,
    icicle: flag('icicle', defaults.icicle), reverse: flag('reverse', defaults.reverse), shares: flag('shares', defaults.shares),
    query: words.get('q') ?? '',
    zooms: Object.fromEntries(zooms),
    ...(sandwich === undefined ? {} : { sandwich }),
  };
}
