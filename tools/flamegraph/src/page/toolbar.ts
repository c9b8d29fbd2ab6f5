/** The controls above the graph. Each changes the view; `show` tells them what it is. */
import { COLOR_SCHEMES, type ColorScheme } from '../drawing/colors.js';
import { valueName } from '../drawing/quantities.js';
import { GROUPINGS, type Grouping } from '../profile/functions.js';
import type { PackedProfile } from '../profile/packed-profile.js';
import type { View } from '../view/view-state.js';
import { button, choice, element, segmented } from './dom.js';
import type { Command } from './keyboard.js';

export interface Toolbar {
  readonly root: HTMLElement;
  readonly show: (view: View) => void;
}

interface Control {
  readonly root: HTMLElement;
  readonly show: (view: View) => void;
}

function control<Value extends string>({ root, show }: { readonly root: HTMLElement; readonly show: (value: Value) => void }, of: (view: View) => Value): Control {
  return { root, show: (view) => { show(of(view)); } };
}

/** What a comparison has instead of the choice of values and colours. */
function comparisonControls(profile: PackedProfile, change: (patch: Partial<View>) => void): Control[] {
  const { before = 'before', after = 'after' } = profile.meta.comparison ?? {};
  return [
    control(segmented('Widths', [['0', 'Before', `frames are as wide as in ${before}: what is gone can be seen`], ['1', 'After', `frames are as wide as in ${after}`]], (value) => { change({ value: Number(value), zooms: {} }); }), (view) => (view.value === 0 ? '0' as const : '1' as const)),
    control(segmented('Compare', [['counts', 'Counts', 'colours compare counts'], ['shares', 'Shares', 'colours compare shares of the whole: for recordings of different lengths']], (value) => { change({ shares: value === 'shares' }); }), (view) => (view.shares ? 'shares' as const : 'counts' as const)),
  ];
}

function plainControls(profile: PackedProfile, change: (patch: Partial<View>) => void): Control[] {
  const values = profile.valueTypes.map((type, index) => [String(index), valueName(type)] as const);
  const schemes: Readonly<Record<ColorScheme, string>> = { kind: 'kind', module: 'module', name: 'name' };
  return [
    ...(values.length < 2 ? [] : [control(choice('Show', values, (value) => { change({ value: Number(value), zooms: {} }); }), (view) => String(view.value))]),
    control(choice('Colours', COLOR_SCHEMES.map((scheme) => [scheme, `by ${schemes[scheme]}`] as const), (colors) => { change({ colors }); }), (view) => view.colors),
  ];
}

export function makeToolbar(profile: PackedProfile, change: (patch: Partial<View>) => void, run: (command: Command) => void): Toolbar {
  const groups: Readonly<Record<Grouping, string>> = { none: 'nothing', process: 'process', thread: 'thread' };
  const controls: Control[] = [
    control(segmented('Direction', [['flame', 'Flame', 'roots below (i)'], ['icicle', 'Icicle', 'roots above (i)']], (value) => { change({ icicle: value === 'icicle' }); }), (view) => (view.icicle ? 'icicle' as const : 'flame' as const)),
    control(segmented('Stacks', [['callees', 'Callees', 'from the program\u2019s start to what was sampled (r)'], ['callers', 'Callers', 'from what was sampled back to its callers (r)']], (value) => { change({ reverse: value === 'callers', zooms: {} }); }), (view) => (view.reverse ? 'callers' as const : 'callees' as const)),
    ...(profile.meta.comparison === undefined ? plainControls(profile, change) : comparisonControls(profile, change)),
    ...(profile.contexts.length > 0 ? [control(choice('Group', GROUPINGS.map((grouping) => [grouping, groups[grouping]] as const), (grouping) => { change({ grouping, zooms: {} }); }), (view) => view.grouping)] : []),
  ];
  const actions = element('div', { class: 'actions' },
    button('Copy folded', { title: 'copy what is shown as folded stacks (c)' }, () => { run('copy'); }),
    button('Table', { title: 'show or hide the hottest functions (t)', class: 'table-switch' }, () => { run('table'); }),
    button('\u25d0', { title: 'dark or light (d)', 'aria-label': 'Dark or light' }, () => { run('theme'); }),
    button('?', { title: 'keys (?)', 'aria-label': 'Keys' }, () => { run('help'); }));
  return {
    root: element('div', { class: 'tools', role: 'toolbar', 'aria-label': 'View' }, ...controls.map(({ root }) => root), actions),
    show: (view) => { for (const { show } of controls) show(view); },
  };
}
