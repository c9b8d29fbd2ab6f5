/** process….mark("NAME") and process….provider("P").mark("NAME"): USDT probes, which a program's notes (.note.stapsdt) describe. */
import { isGlob, readUsdtProbes, type UsdtProbe } from '@stapkit/debuginfo';
import { similarNames, type DiagnosticSink } from '../../diagnostics/index.js';
import type { ProbePointComponent } from '../../syntax/index.js';
import { textArgument, type Surroundings } from '../family.js';
import { incompleteSuffix, noSuchMark, tooManyMatches, unknownComponent, unprobeableSymbol } from '../problems.js';
import type { PlaceKind, ProgramPlace } from '../processes.js';
import { neededLibraries, probedFile, type Program } from '../programs.js';
import type { ResolvedPoint } from '../resolve.js';
import { markContext } from './mark-context.js';

/** Each is a BPF program of its own. */
const MOST_MARKS = 2000;

interface Wanted {
  readonly provider: ProbePointComponent | undefined;
  readonly mark: ProbePointComponent;
}

export const expandMark: PlaceKind = {
  check({ kind, suffixes: [extra] }, problems) {
    if (textArgument(kind, problems) === undefined) return false;
    if (extra !== undefined) problems.report(unknownComponent(extra, 'process.mark', []));
    return extra === undefined;
  },
  expand: (program, { kind }, around, problems) => expand(program, { provider: undefined, mark: kind }, around, problems),
};

export const expandProvider: PlaceKind = {
  check({ kind, suffixes }, problems) {
    if (textArgument(kind, problems) === undefined) return false;
    const [mark, ...rest] = suffixes;
    if (mark === undefined) problems.report(incompleteSuffix(kind, 'process.provider', '.mark("NAME")'));
    else if (mark.name !== 'mark') problems.report(unknownComponent(mark, 'process.provider', ['mark']));
    else return expandMark.check({ kind: mark, suffixes: rest }, problems);
    return false;
  },
  expand: (program, { kind, suffixes }: ProgramPlace, around, problems) => expand(program, { provider: kind, mark: suffixes[0] as ProbePointComponent }, around, problems),
};

const textOf = (component: ProbePointComponent | undefined): string => (component?.argument?.kind === 'text' ? component.argument.value : '*');

function expand(program: Program, wanted: Wanted, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const pattern = textOf(wanted.mark);
  const found = readUsdtProbes(program.elf, textOf(wanted.provider), pattern);
  if (found.length === 0) problems.report(missing(program, wanted, around));
  if (found.length > MOST_MARKS) {
    problems.report(tooManyMatches(pattern, wanted.mark.span, found.length, MOST_MARKS, 'marks'));
    return [];
  }
  return found.flatMap((one) => resolved(program, one, wanted, around, problems) ?? []);
}

function missing(program: Program, { provider, mark }: Wanted, around: Surroundings): ReturnType<typeof noSuchMark> {
  const name = textOf(mark);
  const all = readUsdtProbes(program.elf);
  const providers = [...new Set(all.map((one) => one.provider))];
  const ofProvider = readUsdtProbes(program.elf, textOf(provider));
  const names = [...new Set(ofProvider.map((one) => one.name))];
  const why = all.length === 0 ? 'it has no USDT probes at all (no .note.stapsdt)'
    : names.length === 0 ? `none of its ${all.length} marks is of a provider '${textOf(provider)}'; its providers: ${providers.slice(0, 10).join(', ')}`
      : `none of ${provider === undefined ? 'its' : 'the provider\'s'} ${names.length} marks has that name`;
  const elsewhere = program.label.includes('.library(') ? [] : neededLibraries(program, around).filter(({ elf }) => readUsdtProbes(elf, textOf(provider), name).length > 0);
  const libraries = elsewhere.slice(0, 3).map(({ soname }) => `${program.label}.library("${soname}").${provider === undefined ? '' : `provider("${textOf(provider)}").`}mark("${name}")`);
  const near = isGlob(name) ? [] : similarNames(name, names, 5);
  return noSuchMark(name, mark.span, { path: program.path, why, similar: near.length > 0 || isGlob(name) ? near : names.slice(0, 5), libraries });
}

function resolved(program: Program, probe: UsdtProbe, { provider, mark }: Wanted, around: Surroundings, problems: DiagnosticSink): ResolvedPoint | undefined {
  const fileOffset = program.elf.fileOffset(probe.pc);
  const semaphore = probe.semaphore === undefined ? undefined : program.elf.fileOffset(probe.semaphore);
  const cause = fileOffset === undefined ? 'its code is not in the file'
    : probe.semaphore !== undefined && semaphore === undefined ? 'its semaphore, which the kernel must count up, is not in the file' : undefined;
  if (fileOffset === undefined || cause !== undefined) {
    problems.report(unprobeableSymbol(`${probe.provider}:${probe.name}`, mark.span, cause ?? ''));
    return undefined;
  }
  const name = `${program.label}${provider === undefined ? '' : `.provider("${probe.provider}")`}.mark("${probe.name}")`;
  return {
    name, where: 'kernel', isReturn: false,
    attach: { kind: 'user-function', ...probedFile(program), symbol: `${probe.provider}:${probe.name}`, fileOffset, return: false, ...(semaphore === undefined ? {} : { semaphore }) },
    context: markContext(program, probe, name, around),
    /** By symbols: what probefunc() gives where a mark is. undefined: no symbol says. */
    get functionName() {
      return program.elf.functionAround(probe.pc)?.name;
    },
  };
}
