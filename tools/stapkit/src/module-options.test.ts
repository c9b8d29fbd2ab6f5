/** Each option of stap and staprun that is about a module, a compiler or a server. */
import { describe, expect, test } from '@jest/globals';
import { STAPRUN_MODULE_OPTIONS, STAP_MODULE_OPTIONS, moduleOptionNotes, type ModuleOption } from './module-options.js';
import { parseStapOptions } from './options.js';
import { createRunCommand } from './run-options.js';

/** A command line that gives the option a value where it takes one, in front of the script. */
function words(flags: string): string[] {
  const [name = '', value = ''] = flags.split(' ');
  if (value.startsWith('<')) return [name, '1'];
  return [name];
}

const SCRIPT = ['-e', 'probe never {}'];
const table = (options: readonly ModuleOption[], refused: boolean): (readonly [string, ModuleOption])[] => options.filter((one) => (one.refused !== undefined) === refused).map((one) => [one.flags, one] as const);

describe('stap', () => {
  const parse = (args: readonly string[]): ReturnType<typeof parseStapOptions> => parseStapOptions(['node', 'stapkit', ...args], '1.0.0');

  test.each(table(STAP_MODULE_OPTIONS, false))('%s is taken, with a word', (flags, { why }) => {
    const options = parse([...words(flags), 'script.stp', 'argument']);
    expect(options).toMatchObject({ file: 'script.stp', args: ['argument'] });
    expect(options.notes).toEqual([`${flags.split(' ')[0] ?? ''} has no effect: ${why}`]);
  });

  test.each(table(STAP_MODULE_OPTIONS, true))('%s is refused', (flags, { why }) => {
    expect(() => parse([...words(flags), ...SCRIPT])).toThrow(`${flags.split(' ')[0] ?? ''} is not possible: ${why}`);
  });

  test('a value that is optional is given with = alone, as with getopt_long', () => {
    expect(parse(['--prologue-searching=always', 'x.stp'])).toMatchObject({ file: 'x.stp', notes: [expect.stringContaining('--prologue-searching has no effect')] });
    expect(parse(['--download-debuginfo', 'x.stp'])).toMatchObject({ file: 'x.stp', downloads: '', notes: [] });
    expect(parse(['-e', 'probe never {}', '--', '--prologue-searching'])).toMatchObject({ args: ['--prologue-searching'], notes: [] });
  });

  test.each([
    [['--runtime=bpf'], []], [['--runtime=kernel'], ['--runtime=kernel has no effect: scripts run by BPF']], [['--runtime=dyninst'], ['--runtime=dyninst has no effect: scripts run by BPF']],
    [['--bpf'], []], [['--use-cache'], []], [['--privilege=stapdev'], []], [['--sysroot=/'], []],
    [['--download-debuginfo=ask'], ['--download-debuginfo=ask is yes: nobody is asked']],
    [['-B', 'A=1', '-B', 'B=2'], ['-B has no effect: no C code is made']],
  ])('%p', (args, notes) => {
    expect(parse([...args, ...SCRIPT]).notes).toEqual(notes);
  });
});

describe('staprun', () => {
  const notes = (args: readonly string[]): readonly string[] => moduleOptionNotes(createRunCommand('1.0.0').parse(['node', 'stapkit-run', ...args]), STAPRUN_MODULE_OPTIONS);

  test.each(table(STAPRUN_MODULE_OPTIONS, false))('%s is taken, with a word', (flags, { why }) => {
    expect(notes([...words(flags), 'x.o'])).toEqual([`${flags.split(' ')[0] ?? ''} has no effect: ${why}`]);
  });

  test.each(table(STAPRUN_MODULE_OPTIONS, true))('%s is refused', (flags, { why }) => {
    expect(() => notes([...words(flags), 'x.o'])).toThrow(`${flags.split(' ')[0] ?? ''} is not possible: ${why}`);
  });
});
