#!/usr/bin/env node
/**
 * node bench/compile.mjs [runs]: a fresh process from script to object (-p4), nothing cached, for a script as long as the largest
 * of systemtap-doc's examples (850 to 886 lines, by version). That one needs embedded C; this one is made here, of functions,
 * kernel probes, a timer and reports of its kind. Wall-clock time and CPU time (user + system) of each run, and the medians;
 * with --keep FILE the script is written there. Other arguments are paths of scripts to be measured besides, with -p2.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LINES = 886;
const stapkit = join(new URL('..', import.meta.url).pathname, 'tools/stapkit/bin/stapkit.js');
const EVENTS = ['sched_switch', 'sched_wakeup', 'sched_process_fork', 'sched_process_exit', 'sys_enter', 'sys_exit'];
const CALLS = ['open', 'openat', 'read', 'write', 'close', 'fstat', 'lseek', 'mmap', 'ioctl', 'connect', 'accept', 'sendto', 'recvfrom', 'unlink', 'rename', 'mkdir', 'kill', 'clone'];

/** A table of names, as examples have many of. */
const namesOf = (at) => [
  `/* names of state ${at} */`, `function state_name_${at}:string (state:long) {`,
  ...Array.from({ length: 6 }, (_, one) => `  if (state & ${2 ** one})\n    return "S${at}_${one}"`), '  return sprintf("0x%x", state)', '}', '',
].join('\n');
/** Flags joined to a text, in a loop. */
const flagsOf = (at) => [
  `function flags_${at}:string (value:long) {`, '  text = ""', '  for (bit = 0; bit < 8; bit++) {', '    if (!((value >> bit) & 1))', '      continue',
  '    if (text != "")', '      text .= "|"', `    text .= state_name_${at}(1 << bit)`, '  }', '  return text == "" ? "0" : text', '}', '',
].join('\n');
const syscall = (name, at) => [
  `probe syscall.${name} ? {`, '  if (target() && pid() != target())', '    next', `  started["${name}", tid()] = gettimeofday_us()`, `  calls["${name}"]++`, '  by_process[execname(), pid()] <<< 1',
  '  if (verbose)', `    printf("%d %s(%d) ${name} %s %s\\n", gettimeofday_us(), execname(), tid(), argstr, flags_${at % 8}(verbose))`, '}', '',
  `probe syscall.${name}.return ? {`, `  began = started["${name}", tid()]`, '  if (!began)', '    next', `  delete started["${name}", tid()]`, '  took = gettimeofday_us() - began', `  times["${name}"] <<< took`,
  '  if (took > slowest)', '    slowest = took', '  if (retval < 0)', `    failed["${name}", -retval]++`, '}', '',
].join('\n');
const event = (name, at) => [
  `probe kernel.trace("${name}") {`, '  if (!tracing)', '    next', `  events["${name}", cpu()] <<< gettimeofday_ns() % 1000`, '  if (verbose > 1)', `    printf("%s %d: ${name} %s\\n", execname(), tid(), state_name_${at % 8}(tid() & 63))`, '}', '',
].join('\n');
const REPORT = `
probe timer.s(5) {
  foreach ([name, thread] in started)
    waiting++
  printf("%d calls under way\\n", waiting)
}
probe end {
  foreach (name in calls-) {
    printf("%-16s %8d", name, calls[name])
    if (@count(times[name]))
      printf(" %8d %8d %8d", @min(times[name]), @avg(times[name]), @max(times[name]))
    println()
  }
  foreach ([name, error] in failed- limit 20)
    printf("%-16s %-16s %d\\n", name, errno_str(error), failed[name, error])
  foreach ([command, process] in by_process- limit 20)
    printf("%-16s %6d %d\\n", command, process, @count(by_process[command, process]))
  foreach (name in times)
    print(@hist_log(times[name]))
  foreach ([name, processor] in events @count - limit 10)
    printf("%s %d %d\\n", name, processor, @sum(events[name, processor]))
  printf("%d\\n", slowest)
}
`;

export function largeScript(lines = LINES) {
  const parts = ['global started, calls, by_process, times, failed, events, slowest, verbose = 2, tracing = 1', 'probe begin { verbose = verbose ? verbose : 1; tracing++; println("started") }', ''];
  for (let at = 0; at < 8; at++) parts.push(namesOf(at), flagsOf(at));
  parts.push(...CALLS.map(syscall), ...EVENTS.map(event), REPORT);
  let text = parts.join('\n');
  for (let at = 8; text.split('\n').length < lines - 1; at++) text += `${namesOf(at)}\nprobe begin(${at}) { if (verbose > 3) println(state_name_${at}(verbose)) }\n`;
  return text;
}

function measure(args) {
  const start = process.hrtime.bigint();
  const result = spawnSync('/usr/bin/env', ['bash', '-c', 'TIMEFORMAT="%U %S"; time "$0" "$@" >/dev/null 2>"$ERRORS"', process.execPath, stapkit, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, STAPKIT_NO_CACHE: '1', ERRORS: join(folder, 'errors') } });
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  const cpu = result.stderr.trim().split(' ').reduce((sum, one) => sum + Number(one) * 1000, 0);
  return { wall, cpu, status: result.status };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const folder = mkdtempSync(join(tmpdir(), 'stapkit-bench-compile-'));
try {
  const words = process.argv.slice(2);
  const runs = Number(words.find((one) => /^\d+$/.test(one)) ?? 5);
  const file = join(folder, 'large.stp');
  writeFileSync(file, largeScript());
  const keep = words.indexOf('--keep');
  if (keep >= 0) writeFileSync(words[keep + 1], largeScript());
  const others = words.filter((one, at) => !/^\d+$/.test(one) && one !== '--keep' && (keep < 0 || at !== keep + 1));
  for (const [name, args] of [[`${largeScript().split('\n').length} lines to an object`, ['-w', '-p4', '-m', 'large', file]], ...others.map((one) => [`${one} -p2`, ['-w', '-g', '-p2', one]])]) {
    const found = Array.from({ length: runs }, () => measure(args));
    if (found[0].status !== 0) process.stdout.write(`${readFileSync(join(folder, 'errors'), 'utf8').split('\n').slice(0, 4).join('\n')}\n`);
    process.stdout.write(`${name}: ${found.map(({ wall, cpu }) => `${wall.toFixed(0)} ms (CPU ${cpu.toFixed(0)})`).join(', ')}; median ${median(found.map(({ wall }) => wall)).toFixed(0)} ms, CPU ${median(found.map(({ cpu }) => cpu)).toFixed(0)} ms\n`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
