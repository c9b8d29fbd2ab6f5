/**
 * The tools on kernels that this machine does not run. Their entries are in tools/, a file a tool; each is a check in the boots that
 * exist: the tool is started, its target when it is armed, and it gets a Ctrl-C after the target, if it has not ended by itself.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CHECKOUT, type Finished } from '../checkout.js';
import { buildPrograms, type ProgramName } from '../programs.js';
import type { GuestKernel } from './guest.js';
import type { MakePart } from './parts.js';

/** What an entry's check looks at. */
export interface ToolSeen extends Finished {
  readonly kernel: GuestKernel;
  /** What the target printed. */
  readonly target: string;
  /** The tool's output with --json. */
  readonly rows: () => readonly Readonly<Record<string, unknown>>[];
}

export interface ToolEntry {
  readonly tool: string;
  /** Where a tool has several entries. */
  readonly what?: string;
  /** As a shell reads them. Programs of testing/programs are in $PROGRAMS, files in $FILES. */
  readonly args: string;
  /** A shell command that runs when the tool is armed. Absent: the tool ends by itself, with -c, --demo or --duration. */
  readonly target?: string;
  readonly programs?: readonly ProgramName[];
  /** Files that args and target name, with their text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Kernels on which npm test runs it: a start costs a guest ten seconds and more. On the others it runs when parts or tools are asked for: docs/tools.md has results. */
  readonly always?: readonly ToolKernel[];
  /** Kernels on which it runs at all. Default: all three. */
  readonly kernels?: readonly ToolKernel[];
  /** Where the tool cannot do it: the one line that it says, with status 2. */
  readonly refused?: Partial<Readonly<Record<GuestKernel, RegExp>>>;
  /** Not called where it is refused. The status is 0 and nothing was lost: that is checked for all. */
  readonly verify: (seen: ToolSeen) => void;
}

export type ToolKernel = '5.10' | '6.1' | '7.2';

const OUT = '/mnt/guest-out';

const RUN_TOOL = `# run-tool.sh NAME COMMAND [TARGET]
cd $OUT/tools
[ -n "$3" ] || eval "exec $2"
export STAPKIT_NOTIFY_ARMED=1
: > "$1.stderr"
eval "exec $2" 2>> "$1.stderr" & TOOL=$!
until grep -q __STAPKIT_ARMED "$1.stderr"; do kill -0 $TOOL 2> /dev/null || break; sleep 0.1; done
grep -q __STAPKIT_ARMED "$1.stderr" && sh -c "$3" > "$1.target" 2>&1
kill -INT $TOOL 2> /dev/null
wait $TOOL; STATUS=$?
grep -v __STAPKIT_ARMED "$1.stderr" >&2
exit $STATUS
`;

const ENTRIES = join(CHECKOUT, 'testing/src/guests/tools');
const found = await Promise.all(readdirSync(ENTRIES).sort().map(async (name) => (await import(join(ENTRIES, name))) as { readonly entries: readonly ToolEntry[] }));
/** STAPKIT_GUEST_TOOLS=who-sent-it,func-count: those alone. */
const only = process.env['STAPKIT_GUEST_TOOLS']?.split(',');
const isAsked = only !== undefined || process.env['STAPKIT_GUEST_PARTS'] !== undefined;
const TOOL_ENTRIES = found.flatMap(({ entries }) => entries).filter(({ tool }) => only?.includes(tool) ?? true);
const includes = (kernels: readonly ToolKernel[] | undefined, kernel: GuestKernel): boolean => kernels?.some((one) => one === kernel) ?? false;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const nameOf = ({ tool, what }: ToolEntry): string => (what === undefined ? tool : `${tool}-${what.replaceAll(/\W+/g, '-')}`);

export const toolsPart: MakePart = (guest, kernel) => {
  const entries = TOOL_ENTRIES.filter(({ kernels, always }) => (kernels === undefined || includes(kernels, kernel)) && (isAsked || includes(always, kernel)));
  const folder = join(guest.folder, 'tools');

  async function prepare(): Promise<void> {
    const programs = new Set(entries.flatMap((entry) => entry.programs ?? []));
    buildPrograms([...programs], join(guest.folder, 'programs'));
    mkdirSync(folder);
    writeFileSync(join(folder, 'run-tool.sh'), RUN_TOOL);
    for (const entry of entries) {
      for (const [name, text] of Object.entries(entry.files ?? {})) writeFileSync(join(folder, name), text);
      const words = [nameOf(entry), `${entry.tool} ${entry.args}`, entry.target ?? ''].map(quoted);
      guest.check(`tool-${nameOf(entry)}`, `export PROGRAMS=${OUT}/programs FILES=${OUT}/tools; exec sh $OUT/tools/run-tool.sh ${words.join(' ')}`);
    }
    await Promise.resolve();
  }

  function seen(entry: ToolEntry): ToolSeen {
    const finished = guest.result(`tool-${nameOf(entry)}`);
    const target = join(folder, `${nameOf(entry)}.target`);
    return {
      ...finished, kernel,
      target: existsSync(target) ? readFileSync(target, 'utf8') : '',
      rows: () => finished.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(Buffer.from(line, 'latin1').toString()) as Readonly<Record<string, unknown>>),
    };
  }

  function declareTests(): void {
    test.each(entries.map((entry) => [nameOf(entry), entry] as const))('%s', (_name, entry) => {
      const all = seen(entry);
      const refusal = entry.refused?.[kernel];
      if (refusal !== undefined) {
        expect(all.stderr).toMatch(refusal);
        expect([all.stderr.trimEnd().split('\n').length, all.stdout, all.status]).toEqual([1, '', 2]);
        return;
      }
      expect([all.status, all.stderr.split('\n').filter((line) => /lost|skipped|error/i.test(line))]).toEqual([0, []]);
      entry.verify(all);
    });
  }
  return { name: 'tools', prepare, declareTests };
};
