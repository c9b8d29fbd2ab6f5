/** Probe points to concrete attach points: aliases (of aliases), wildcards, suffixes, `?` and `!`. */
import { DiagnosticSink } from '../diagnostics/index.js';
import type { Diagnostic } from '../diagnostics/index.js';
import type { ResolvedPoint } from '../probes/index.js';
import type { AliasDeclaration, Expression, ProbePoint, ProbePointComponent } from '../syntax/index.js';
import { firstComponent } from '../tapset/index.js';
import { noMatch, recursiveAlias, unknownProbePoint } from './catalog.js';
import type { Program } from './program.js';

/** One concrete point, with what the aliases on the way add to the handler. */
export interface Expansion {
  readonly resolved: ResolvedPoint;
  /** Outermost alias (the one the script names) first. */
  readonly layers: readonly AliasDeclaration[];
  /** `if (…)` of all points on the way. */
  readonly conditions: readonly Expression[];
  /** The alias as the script could name it; the resolved name without aliases. */
  readonly listName: string;
  /** The point as it stands where it was resolved from: with its `?` or `!`. */
  readonly written: ProbePoint;
}

interface Path {
  readonly program: Program;
  readonly layers: readonly AliasDeclaration[];
  readonly conditions: readonly Expression[];
  readonly listName: string | undefined;
  /** A point above is marked `?` or `!`: whatever is missing below is no mistake. */
  readonly optional: boolean;
}

/** Expands the points of one probe; reports those that must resolve and do not. */
export function expandPoints(program: Program, points: readonly ProbePoint[]): readonly { readonly point: ProbePoint; readonly expansions: readonly Expansion[] }[] {
  const found: { point: ProbePoint; expansions: readonly Expansion[] }[] = [];
  for (const point of points) {
    const expansions = expandPoint({ program, layers: [], conditions: [], listName: undefined, optional: false }, point, program.diagnostics);
    found.push({ point, expansions });
    if (point.sufficient && expansions.length > 0) break;
  }
  return found;
}

/** What an optional point cannot resolve to is no mistake; else its reasons go to `problems`. */
function expandPoint(path: Path, point: ProbePoint, problems: DiagnosticSink): readonly Expansion[] {
  const own = new DiagnosticSink();
  const conditions = point.condition === undefined ? path.conditions : [...path.conditions, point.condition];
  const optional = path.optional || point.optional || point.sufficient;
  const expansions = expandNamed({ ...path, conditions, optional }, point, own);
  for (const one of own.all) {
    if (expansions.length > 0 ? one.severity === 'warning' : !optional) problems.report(one);
  }
  return expansions;
}

function expandNamed(path: Path, point: ProbePoint, problems: DiagnosticSink): readonly Expansion[] {
  const { program } = path;
  const aliases = matchingAliases(program, point.components);
  if (aliases.length > 0) {
    const usable = aliases.filter((one) => !path.layers.includes(one.alias));
    const isPattern = point.components.some((component) => component.name.includes('*'));
    if (usable.length > 0) return isPattern ? expandPattern(path, point, usable, problems) : usable.flatMap((one) => expandAlias(path, point, one, problems));
    if (!isBuiltin(program, point)) problems.report(recursiveAlias(pointName(point.components), point.span));
  }
  if (!isBuiltin(program, point)) {
    if (aliases.length === 0) problems.report(unknown(path, point));
    return [];
  }
  const resolved = program.probes.expand(point, problems);
  if (resolved.length === 0 && !problems.hasErrors) problems.report(noMatch(pointName(point.components), point.span));
  return resolved.map((one) => ({ resolved: one, layers: path.layers, conditions: path.conditions, listName: path.listName ?? one.name, written: point }));
}

function isBuiltin(program: Program, point: ProbePoint): boolean {
  const first = point.components[0]?.name ?? '';
  const matches = globMatcher(first);
  return program.probes.builtinNames.some(matches);
}

function unknown({ program, optional }: Path, point: ProbePoint): Diagnostic {
  const name = pointName(point.components);
  // Nobody reads it then, and hints are costly.
  if (optional) return unknownProbePoint(name, point.span, { name, candidates: [] });
  const [first] = point.components;
  // The nearest whole names; else the nearest first words.
  const dotted = point.components.map((component) => component.name).join('.');
  const wholes = [...program.aliasNames(), ...program.probes.builtinNames];
  const whole = unknownProbePoint(name, point.span, { name: dotted, candidates: wholes });
  if (whole.hints !== undefined || first === undefined) return whole;
  return unknownProbePoint(name, point.span, { name: first.name, candidates: [...new Set(wholes.map(firstComponent))] });
}

// ---- aliases ------------------------------------------------------------------------

interface AliasMatch {
  readonly alias: AliasDeclaration;
  readonly name: readonly ProbePointComponent[];
  /** What the point has beyond the alias's name. */
  readonly suffix: readonly ProbePointComponent[];
}

function expandAlias(path: Path, point: ProbePoint, match: AliasMatch, problems: DiagnosticSink): readonly Expansion[] {
  const inner: Path = {
    ...path,
    layers: [...path.layers, match.alias],
    listName: path.listName ?? pointName([...match.name, ...match.suffix]),
  };
  const reasons = new DiagnosticSink();
  const expansions: Expansion[] = [];
  for (const target of match.alias.points) {
    const extended: ProbePoint = { ...target, components: [...target.components, ...match.suffix] };
    const found = expandPoint(inner, extended, reasons);
    expansions.push(...found);
    if (target.sufficient && found.length > 0) break;
  }
  for (const reason of reasons.all) {
    if (reason.severity === 'warning' && expansions.length === 0) continue;
    const note = { message: `while resolving probe point '${pointName(point.components)}'`, span: point.span };
    problems.report({ ...reason, notes: [...(reason.notes ?? []), note] });
  }
  // An alias of which nothing is there, though all of it is optional, matches nothing.
  if (expansions.length === 0 && !reasons.hasErrors) problems.report(noMatch(pointName(point.components), point.span));
  // Some points were found and others were not: stap refuses the whole, unless it was optional.
  return reasons.hasErrors && !path.optional ? [] : expansions;
}

/** Of the aliases that a wildcard names, those count that resolve. */
function expandPattern(path: Path, point: ProbePoint, matches: readonly AliasMatch[], problems: DiagnosticSink): readonly Expansion[] {
  const reasons: Diagnostic[] = [];
  const expansions: Expansion[] = [];
  for (const match of matches) {
    const own = new DiagnosticSink();
    expansions.push(...expandAlias({ ...path, optional: true }, point, match, own));
    reasons.push(...own.all);
  }
  if (isBuiltin(path.program, point)) {
    const own = new DiagnosticSink();
    for (const resolved of path.program.probes.expand(point, own)) {
      expansions.push({ resolved, layers: path.layers, conditions: path.conditions, listName: path.listName ?? resolved.name, written: point });
    }
    reasons.push(...own.all);
  }
  if (expansions.length > 0) return expansions;
  const shown = reasons.slice(0, 5).map((one) => ({ message: one.message, ...(one.span === undefined ? {} : { span: one.span }) }));
  const more = reasons.length > shown.length ? [{ message: `and ${reasons.length - shown.length} more reasons like these` }] : [];
  problems.report(noMatch(pointName(point.components), point.span, [...shown, ...more]));
  return [];
}

/** The aliases that the point names, each by its longest name: `a.b.return` is the alias of that name, not `a.b` with a suffix. */
function matchingAliases(program: Program, components: readonly ProbePointComponent[]): readonly AliasMatch[] {
  const first = components[0]?.name ?? '';
  const hasDeepWildcard = components.some((component) => component.name.includes('**'));
  const matches: AliasMatch[] = [];
  for (const alias of program.findAliases(first, components[1]?.name, globMatcher(first))) {
    for (const name of alias.names) {
      const suffix = suffixAfter(components, name);
      // What `**` stands for is part of names alone, so nothing is left over for a suffix.
      if (suffix !== undefined && (suffix.length === 0 || !hasDeepWildcard)) matches.push({ alias, name, suffix });
    }
  }
  const names = new Set(matches.map((match) => pointName(match.name)));
  return matches.filter((match) => {
    const own = pointName(match.name);
    return match.suffix.length === 0 || ![...names].some((other) => other.startsWith(`${own}.`));
  });
}

/** What is left of `components` after `name`; undefined when they do not start with it. */
function suffixAfter(components: readonly ProbePointComponent[], name: readonly ProbePointComponent[], at = 0): readonly ProbePointComponent[] | undefined {
  if (at === name.length) return components;
  const [pattern, ...rest] = components;
  const part = name[at];
  if (pattern === undefined || part === undefined || argumentText(pattern) !== argumentText(part)) return undefined;
  if (!globMatcher(pattern.name)(part.name)) return undefined;
  if (pattern.name.includes('**') && at + 1 < name.length) {
    const longer = suffixAfter(components, name, at + 1);
    if (longer?.length === 0) return longer;
  }
  return suffixAfter(rest, name, at + 1);
}

function globMatcher(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const expression = new RegExp(`^${pattern.split(/\*+/).map((part) => part.replaceAll(/[^\w]/g, '\\$&')).join('.*')}$`);
  return (name) => expression.test(name);
}

/** As stap prints a point: `kernel.function("vfs_read").return`. */
export function pointName(components: readonly ProbePointComponent[]): string {
  return components.map((component) => component.name + argumentText(component)).join('.');
}

function argumentText({ argument }: ProbePointComponent): string {
  if (argument === undefined) return '';
  return argument.kind === 'number' ? `(${argument.value})` : `("${argument.value}")`;
}
