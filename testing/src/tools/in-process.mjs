/**
 * Starts tools in one process, one command line after the other, as their bundles start them; a process a command line would take a
 * minute. Reads JSON lines {folder, name, args} and writes for each {stdout, stderr, status}; with `parse`, stdout is compiled to pass 1,
 * and `diagnostics` are what the compiler says. For command lines that end before anything is traced.
 */
import { readFileSync } from 'node:fs';
import { loadCompiler, localTarget, runToolCommand } from '../../../packages/cli-kit/dist/index.js';

/** Calls a tool, and gives what it wrote. */
async function start({ folder, name, args }) {
  const at = new URL(`../../../tools/${folder}/dist/`, import.meta.url);
  const tool = Object.values(await import(new URL('tool.js', at).href)).find((one) => one?.name === name && Array.isArray(one.ways));
  const written = { stdout: '', stderr: '' };
  const write = Object.fromEntries(Object.keys(written).map((stream) => [stream, process[stream].write]));
  for (const stream of Object.keys(written)) {
    process[stream].write = (chunk) => {
      written[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
      return true;
    };
  }
  process.argv = [process.argv[0], new URL(`${name}.js`, at).pathname, ...args];
  try {
    await runToolCommand(new URL(`${name}.js`, at).href, tool);
  } finally {
    for (const [stream, original] of Object.entries(write)) process[stream].write = original;
  }
  return { ...written, status: process.exitCode };
}

const parsed = async (text) => (await loadCompiler()).compileScript({ scripts: [{ file: 'printed.stp', text }], args: [], name: 'printed', until: 'parse', target: localTarget() }).diagnostics.map(({ code, message }) => `${code} ${message}`);

// Each start listens for readers that leave.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);
const results = [];
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const command = JSON.parse(line);
  const result = await start(command);
  results.push({ ...result, ...(command.parse === true ? { diagnostics: await parsed(result.stdout) } : {}) });
}
process.exitCode = 0;
process.stdout.write(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
