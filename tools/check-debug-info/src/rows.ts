/** What was found, as rows for programs: a row a file. */
import type { DebugFacts, FileFacts } from '@stapkit/cli-kit';
import type { Checked, Remedy } from './check.js';

export const KEYS = [
  'kind', 'name', 'path', 'pid', 'package', 'version', 'build_id', 'symtab_functions', 'packed_functions', 'exported_functions', 'marks', 'plt_calls', 'call_frames',
  'dwarf', 'dwarf_version', 'inline', 'lines', 'split', 'debug_file', 'debug_file_by', 'debug_link', 'common_file', 'debuginfod', 'works', 'lacks', 'install', 'url', 'problem',
] as const;
export type FactRow = Readonly<Record<(typeof KEYS)[number], string | number | null>>;

const EMPTY = Object.fromEntries(KEYS.map((key) => [key, null])) as FactRow;
const yes = (value: boolean | undefined): string | null => (value === undefined ? null : value ? 'yes' : 'no');

export function answerText({ answer }: Remedy): string | null {
  if (answer === undefined) return null;
  return answer.kind === 'failed' ? `${answer.server}: ${answer.problem}` : `${answer.server} ${answer.kind === 'has' ? 'has it' : 'does not have it'}`;
}

/** A whole command line. */
export function installText({ installation }: Remedy): string | null {
  if (installation === undefined) return null;
  const { before, command, package: name } = installation;
  return `${before === undefined ? '' : `${before} && `}${command}${name === undefined ? '' : ` ${name}`}`;
}

function debugFields({ where, path, how, contents, common, problem }: DebugFacts): Partial<FactRow> {
  return {
    dwarf: where, dwarf_version: contents?.version ?? null, inline: yes(contents?.inlined), lines: yes(contents?.lines), split: yes(contents?.split),
    debug_file: path ?? null, debug_file_by: how ?? null, common_file: common === undefined ? null : 'path' in common ? common.path : `missing: ${common.missing}`, problem: problem ?? null,
  };
}

function fileFields(facts: FileFacts): Partial<FactRow> {
  const { buildId, symtab, packed, exported, marks, pltCalls, callFrames, debugLink, debug } = facts;
  return {
    build_id: buildId ?? null, symtab_functions: symtab, packed_functions: packed, exported_functions: exported, marks, plt_calls: pltCalls, call_frames: yes(callFrames),
    debug_link: debugLink ?? null, ...debugFields(debug),
  };
}

export function factRow(one: Checked): FactRow {
  const remedy = { debuginfod: answerText(one), install: installText(one), url: one.url ?? null };
  if (one.kind === 'module') return { ...EMPTY, ...remedy, kind: 'module', name: one.name, ...debugFields(one.debug) };
  if (one.kind === 'kernel') {
    const { release, buildId, trials = [], debug } = one.seen;
    return {
      ...EMPTY, ...remedy, kind: 'kernel', name: release, build_id: buildId ?? null, ...debugFields(debug),
      works: trials.filter(({ by }) => by !== undefined).map(({ point }) => point).join(' '), lacks: trials.filter(({ problem }) => problem !== undefined).map(({ point }) => point).join(' '),
    };
  }
  const { file, pid, facts, support } = one;
  return {
    ...EMPTY, ...remedy, kind: 'file', name: file.name, path: file.path, pid: pid ?? null, package: one.package?.name ?? null, version: one.package?.version ?? null,
    ...(typeof facts === 'string' ? { problem: facts } : fileFields(facts)),
    works: support?.works.join(' ') ?? null, lacks: support?.lacks.map(([name]) => name).join(' ') ?? null,
  };
}
