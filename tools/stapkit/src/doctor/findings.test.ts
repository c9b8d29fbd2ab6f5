import { expect, test } from '@jest/globals';
import { findingsJson, findingsText } from './doctor.js';
import type { MachineFacts } from './facts.js';
import { canTrace, findings, type Finding } from './findings.js';

const KINDS = ['tp_btf', 'raw_tp', 'fentry', 'fexit', 'kprobe', 'kretprobe', 'uprobe', 'uretprobe', 'kprobe_multi', 'uprobe_multi'] as const;
const WHOLE: MachineFacts = {
  release: '6.12.118+deb13-amd64', arch: 'x86_64', distribution: ['debian'], btf: 50_000, symbols: 'addresses', trials: KINDS.map((kind) => ({ kind })), kprobesEnabled: '1', tracefs: '/sys/kernel/tracing', lockdown: 'none', isRoot: true,
  capabilities: { bpf: true, perfmon: true, sysAdmin: true }, paranoid: '3', debug: { where: 'separate', path: '/usr/lib/debug/boot/vmlinux', tried: [] }, debugAdvice: 'install linux-image-6.12.118+deb13-amd64-dbg',
  servers: ['https://debuginfod.debian.net'], distributionServer: 'https://debuginfod.debian.net',
};
const without = (...kinds: readonly string[]): Partial<MachineFacts> => ({ trials: KINDS.map((kind) => (kinds.includes(kind) ? { kind, problem: 'not here' } : { kind })) });
const lacking = (changes: Partial<MachineFacts>): readonly Finding[] => findings({ ...WHOLE, ...changes }).filter(({ state }) => state !== 'works');

test('a machine that has everything: a line each, nothing to mend', () => {
  const all = findings(WHOLE);
  expect(all.map(({ check }) => check)).toEqual(['kernel', 'BTF', 'capabilities', 'lockdown', 'perf_event_paranoid', 'tracepoints', 'kprobes', 'fentry', 'uprobes', 'multi', 'tracefs', 'kernel symbols', 'debuginfo', 'debuginfod']);
  expect(all.filter(({ state, costs, mend }) => state !== 'works' || costs !== undefined || mend !== undefined)).toEqual([]);
  expect(findingsText(all, false).trimEnd().split('\n')).toHaveLength(all.length);
  expect(canTrace(all)).toBe(true);
});

test.each<[string, string, string, Partial<MachineFacts>, boolean, RegExp]>([
  ['kernel', 'missing', 'an old kernel', { release: '4.19.0-27-amd64' }, false, /Linux 5\.10 or later; .*apt-get install linux-image-amd64/],
  ['BTF', 'missing', 'no types', { btf: 'no BTF' }, false, /CONFIG_DEBUG_INFO_BTF=y/],
  ['capabilities', 'missing', 'a user', { isRoot: false, capabilities: { bpf: false, perfmon: false, sysAdmin: false }, paranoid: undefined }, false, /sudo/],
  ['capabilities', 'missing', 'a container', { capabilities: { bpf: true, perfmon: false, sysAdmin: false } }, false, /--cap-add BPF/],
  ['lockdown', 'missing', 'confidentiality', { lockdown: 'confidentiality' }, false, /lockdown=none/],
  ['tracepoints', 'missing', 'no BPF events', without('tp_btf', 'raw_tp'), false, /CONFIG_BPF_EVENTS=y/],
  ['kprobes', 'missing', 'switched off', { kprobesEnabled: '0' }, true, /echo 1 \| sudo tee/],
  ['kprobes', 'partly', 'no return probes', without('kretprobe'), true, /CONFIG_KPROBE_EVENTS=y/],
  ['fentry', 'missing', 'no trampolines', { ...without('fentry', 'fexit'), arch: 'aarch64' }, true, /linux-image-arm64/],
  ['uprobes', 'missing', 'no uprobes', { ...without('uprobe', 'uretprobe'), distribution: ['gentoo'] }, true, /^boot a kernel built with CONFIG_UPROBE_EVENTS=y$/],
  ['multi', 'partly', 'Linux 5.18 to 6.5', without('uprobe_multi'), true, /6\.6/],
  ['multi', 'missing', 'Linux 5.10', without('uprobe_multi', 'kprobe_multi'), true, /5\.18.*6\.6/],
  ['tracefs', 'partly', 'not mounted', { tracefs: undefined }, true, /^sudo mount -t tracefs tracefs \/sys\/kernel\/tracing$/],
  ['kernel symbols', 'partly', 'kptr_restrict', { symbols: 'names' }, true, /kptr_restrict/],
  ['debuginfo', 'partly', 'none', { debug: { where: 'none', tried: [] } }, true, /^sudo apt-get install linux-image-6\.12\.118\+deb13-amd64-dbg$/],
  ['debuginfo', 'partly', 'none, Fedora', { distribution: ['fedora'], debug: { where: 'none', tried: [] }, debugAdvice: 'install kernel-debuginfo-6.5.6-300.fc39.x86_64 (debuginfo-install kernel-6.5.6-300.fc39.x86_64)' }, true, /^debuginfo-install kernel-6/],
  ['debuginfod', 'partly', 'no server', { servers: [] }, true, /^export DEBUGINFOD_URLS=https:\/\/debuginfod\.debian\.net$/],
])('%s is %s (%s): what it costs, what mends it', (check, state, _what, changes, traces, mend) => {
  const all = lacking(changes);
  expect(all[0]).toMatchObject({ check, state });
  expect(all[0]?.costs).toMatch(/\w{3}/);
  expect(all[0]?.mend).toMatch(mend);
  expect(canTrace(findings({ ...WHOLE, ...changes }))).toBe(traces);
  // Commands stay whole; all else fits the screen.
  expect(findingsText(all, false).split('\n').filter((line) => line.length > 80 && !/ mend {5}(?:sudo|export|echo) /.test(line))).toEqual([]);
});

test('integrity forbids writing alone; without root nothing is tried, and that is no "works"', () => {
  expect(lacking({ lockdown: 'integrity' })).toEqual([]);
  const all = lacking({ trials: undefined });
  expect(all.map(({ check, state }) => `${check} ${state}`)).toEqual(['tracepoints', 'kprobes', 'fentry', 'uprobes', 'multi'].map((check) => `${check} unknown`));
});

test('JSON: an object a line, null where nothing is missing', () => {
  const lines = findingsJson(findings({ ...WHOLE, tracefs: undefined })).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toEqual({ check: 'kernel', state: 'works', found: 'Linux 6.12.118+deb13-amd64, x86_64', costs: null, mend: null });
  expect(lines.find(({ check }) => check === 'tracefs')).toMatchObject({ state: 'partly', mend: 'sudo mount -t tracefs tracefs /sys/kernel/tracing' });
});
