/** The `check-debug-info` command. */
import { EXIT, RowWriter, TextOutput, completionScript, requireProcess, runMain, versionOf, wantsColor } from '@stapkit/cli-kit';
import { check, isWhole, type CheckedSubject } from './check.js';
import { thisDistribution } from './distribution.js';
import { manuals } from './manual.js';
import { parseOptions, type CheckOptions } from './options.js';
import { packageManager } from './packages.js';
import { askCompiler } from './probes.js';
import { labelled, reportText } from './report.js';
import { KEYS, factRow } from './rows.js';
import { subjectsOf } from './subjects.js';

/** Of grep and others: it was looked at, and something is missing. */
const MISSING = 1;

const format = ({ json, csv }: CheckOptions): 'json' | 'csv' | 'columns' => (json === true ? 'json' : csv === true ? 'csv' : 'columns');

function rowWriter(options: CheckOptions, output: TextOutput, keys: readonly string[]): RowWriter {
  return new RowWriter({ columns: keys.map((key) => ({ key, title: key, width: 1 })), format: format(options), header: options.header, write: (text) => { output.write(text); } });
}

/** Only subjects and files that lack something. */
function lackingOnly(subjects: readonly CheckedSubject[]): readonly CheckedSubject[] {
  return subjects.map(({ title, checked }) => ({ title, checked: checked.filter((one) => !isWhole(one)) })).filter(({ checked }) => checked.length > 0);
}

async function checkProbes(points: readonly string[], options: CheckOptions, output: TextOutput): Promise<number> {
  const [pid] = options.pid ?? [];
  if (pid !== undefined) requireProcess(pid);
  const answers = await askCompiler(points, pid);
  const writer = rowWriter(options, output, ['point', 'places', 'problem']);
  for (const { point, places, problem = null } of answers) {
    if (options.quiet === true) continue;
    if (format(options) !== 'columns') writer.row({ point, places, problem });
    else output.write(`${point}\n${labelled(problem === null ? 'works' : 'does not', problem ?? `${places} ${places === 1 ? 'place' : 'places'}`)}`);
  }
  return answers.every(({ problem }) => problem === undefined) ? EXIT.ok : MISSING;
}

async function checkSubjects(options: CheckOptions, output: TextOutput): Promise<number> {
  const distribution = thisDistribution();
  const packages = packageManager(distribution);
  const all = await check(subjectsOf(options, packages), { distribution, packages, environment: process.env, servers: options.servers === true });
  const shown = options.missing === true ? lackingOnly(all) : all;
  if (options.quiet !== true && format(options) === 'columns') {
    const terminal = output.isTerminal;
    output.write(await reportText(shown, { boxed: terminal, width: terminal ? process.stdout.columns : 80, color: wantsColor(options.color, terminal), header: options.header, details: options.verbose > 0 }));
  } else if (options.quiet !== true) {
    const writer = rowWriter(options, output, KEYS);
    writer.head();
    for (const { checked } of shown) for (const one of checked) writer.row(factRow(one));
  }
  return all.every(({ checked }) => checked.every(isWhole)) ? EXIT.ok : MISSING;
}

void runMain('check-debug-info', async (argv) => {
  const version = versionOf(import.meta.url);
  const options = parseOptions(argv, version);
  if (options.man === true || options.completion !== undefined) {
    for (const { command, page } of manuals(version)) process.stdout.write(options.completion === undefined ? page : completionScript(options.completion, command));
    return EXIT.ok;
  }
  const output = new TextOutput(options.output);
  const status = options.probe === undefined ? await checkSubjects(options, output) : await checkProbes(options.probe, options, output);
  output.close();
  return status;
});
