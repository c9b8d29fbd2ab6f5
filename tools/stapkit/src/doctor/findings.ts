/** What the facts of a machine mean for scripts: a line for each, what a missing thing costs, and the command that mends it. */
import type { KindTrial } from '@stapkit/cli-kit';
import type { MachineFacts } from './facts.js';

/** `partly`: scripts run, with the cost that is told. `unknown`: it could not be looked at. */
export type State = 'works' | 'partly' | 'missing' | 'unknown';

export interface Finding {
  readonly check: string;
  readonly state: State;
  /** What was found. */
  readonly found: string;
  /** What does not work without it. */
  readonly costs?: string;
  /** A command, or what to do where no command does it. */
  readonly mend?: string;
}

/** README: what is tested. */
const OLDEST = [5, 10] as const;
const AS_ROOT = 'sudo stapkit doctor';

/** The package of the distribution's own kernel, which is built with all that is asked for here. */
const KERNEL_PACKAGES: Readonly<Record<string, string>> = {
  debian: 'apt-get install linux-image-{arch}', ubuntu: 'apt-get install linux-generic', fedora: 'dnf install kernel', rhel: 'dnf install kernel', centos: 'dnf install kernel', suse: 'zypper install kernel-default', opensuse: 'zypper install kernel-default', arch: 'pacman -S linux', alpine: 'apk add linux-lts',
};

function otherKernel(what: string, { distribution, arch }: MachineFacts): string {
  // Ubuntu is like Debian: its own name counts first.
  const command = distribution.map((name) => KERNEL_PACKAGES[name]).find((one) => one !== undefined)?.replace('{arch}', arch === 'aarch64' ? 'arm64' : 'amd64');
  return `boot ${what}${command === undefined ? '' : `; the distribution's kernel: ${command}`}`;
}

function kernelFinding(facts: MachineFacts): Finding {
  const [major = 0, minor = 0] = facts.release.split(/[.-]/).map(Number);
  const found = `Linux ${facts.release}, ${facts.arch}`;
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return { check: 'kernel', state: 'works', found };
  return { check: 'kernel', state: 'missing', found, costs: 'it is older than what stapkit is tested with; without ring buffers (5.8) nothing runs', mend: otherKernel(`Linux ${OLDEST.join('.')} or later`, facts) };
}

function btfFinding(facts: MachineFacts): Finding {
  if (typeof facts.btf === 'number') return { check: 'BTF', state: 'works', found: `/sys/kernel/btf/vmlinux, ${facts.btf} functions` };
  return { check: 'BTF', state: 'missing', found: facts.btf, costs: "kernel.function, kernel.trace, fentry, $variables and whatever reads the kernel's structures", mend: otherKernel('a kernel built with CONFIG_DEBUG_INFO_BTF=y', facts) };
}

interface KindQuestion {
  readonly check: string;
  readonly kinds: readonly KindTrial['kind'][];
  /** Without all of the kinds. */
  readonly costs: string;
  /** The build option that brings it. */
  readonly option: string;
}

const KIND_QUESTIONS: readonly KindQuestion[] = [
  { check: 'tracepoints', kinds: ['tp_btf', 'raw_tp'], costs: 'kernel.trace, syscall.*, process.begin and .end', option: 'CONFIG_BPF_EVENTS=y' },
  { check: 'kprobes', kinds: ['kprobe', 'kretprobe'], costs: 'kernel.statement, kprobe.function and places in functions; kernel.function where fentry cannot', option: 'CONFIG_KPROBE_EVENTS=y' },
  { check: 'fentry', kinds: ['fentry', 'fexit'], costs: 'kernel.function goes by kprobes, which cost about twice as much a hit', option: 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y' },
  { check: 'uprobes', kinds: ['uprobe', 'uretprobe'], costs: 'process("PATH").function, .mark, .statement, .plt and all other places in programs', option: 'CONFIG_UPROBE_EVENTS=y' },
];

/** Lines of probes that are attached in one way only; each kind's own problem is told. */
function kindFinding({ check, kinds, costs, option }: KindQuestion, facts: MachineFacts): Finding {
  if (facts.trials === undefined) return { check, state: 'unknown', found: 'not tried: that needs root', mend: AS_ROOT };
  const trials = kinds.flatMap((kind) => facts.trials?.find((one) => one.kind === kind) ?? []);
  const working = trials.filter(({ problem }) => problem === undefined).map(({ kind }) => kind);
  const [failed] = trials.filter(({ problem }) => problem !== undefined);
  if (failed === undefined) return { check, state: 'works', found: working.join(', ') };
  const found = `${working.length === 0 ? '' : `${working.join(', ')}; not `}${failed.kind}: ${(failed.problem ?? '').replace(`${failed.kind}: `, '')}`;
  return { check, state: working.length === 0 ? 'missing' : 'partly', found, costs: working.length === 0 ? costs : `what needs ${failed.kind}, of: ${costs}`, mend: otherKernel(`a kernel built with ${option}`, facts) };
}

function kprobesFinding(question: KindQuestion, facts: MachineFacts): Finding {
  const finding = kindFinding(question, facts);
  if (facts.kprobesEnabled !== '0' || finding.state === 'missing') return finding;
  return { ...finding, state: 'missing', found: 'switched off: they are attached, and never hit', costs: question.costs, mend: 'echo 1 | sudo tee /sys/kernel/debug/kprobes/enabled' };
}

const MULTI = [['kprobe_multi', '5.18', 'CONFIG_FPROBE=y'], ['uprobe_multi', '6.6', 'CONFIG_UPROBE_EVENTS=y']] as const;

function multiFinding(facts: MachineFacts): Finding {
  const { trials } = facts;
  if (trials === undefined) return { check: 'multi', state: 'unknown', found: 'not tried: that needs root', mend: AS_ROOT };
  const works = (kind: string): boolean => trials.some((one) => one.kind === kind && one.problem === undefined);
  const there = MULTI.filter(([kind]) => works(kind)).map(([kind]) => kind);
  const lacking = MULTI.filter(([kind]) => !works(kind));
  if (lacking.length === 0) return { check: 'multi', state: 'works', found: there.join(', ') };
  return {
    check: 'multi', state: there.length === 0 ? 'missing' : 'partly',
    found: [...there, ...lacking.map(([kind]) => `no ${kind}`)].join(', '),
    costs: `probes on many functions (${lacking.map(([kind]) => (kind === 'kprobe_multi' ? 'kernel.function("*@…")' : 'process("…").function("*")')).join(', ')}) are attached one by one: slow to start and end, where they can be had at all`,
    mend: `boot ${lacking.map(([kind, version, option]) => `Linux ${version} or later with ${option} for ${kind}`).join('; ')}`,
  };
}

function tracefsFinding({ tracefs }: MachineFacts): Finding {
  if (tracefs !== undefined) return { check: 'tracefs', state: 'works', found: `mounted at ${tracefs}` };
  return { check: 'tracefs', state: 'partly', found: 'not mounted', costs: 'a wildcard of kernel functions is tried with those that cannot be traced, too; messages name tracepoints without their subsystems; where there is no fexit, return probes follow few calls at a time', mend: 'sudo mount -t tracefs tracefs /sys/kernel/tracing' };
}

function lockdownFinding({ lockdown }: MachineFacts): Finding {
  const check = 'lockdown';
  const mend = 'boot with lockdown=none, without Secure Boot (sudo mokutil --disable-validation)';
  if (lockdown === undefined || lockdown === 'none') return { check, state: 'works', found: lockdown ?? 'not in this kernel' };
  // security/security.c, lockdown_reasons: reading the kernel by BPF, kprobes, perf and tracefs are refused in confidentiality mode alone.
  if (lockdown === 'integrity') return { check, state: 'works', found: 'integrity: scripts only read, which it allows' };
  return { check, state: 'missing', found: lockdown, costs: "kprobes, and whatever reads the kernel's memory: nearly all scripts", mend };
}

function capabilitiesFinding({ capabilities: { bpf, perfmon, sysAdmin }, isRoot }: MachineFacts): Finding {
  const check = 'capabilities';
  if (bpf && perfmon) return { check, state: 'works', found: sysAdmin ? (isRoot ? 'root, with CAP_SYS_ADMIN' : 'CAP_SYS_ADMIN') : 'CAP_BPF and CAP_PERFMON' };
  const lacking = [...(bpf ? [] : ['CAP_BPF']), ...(perfmon ? [] : ['CAP_PERFMON'])].join(' and ');
  const costs = 'scripts compile, and only those without kernel probes run';
  if (isRoot) return { check, state: 'missing', found: `this root lacks ${lacking}`, costs, mend: 'start the container with --privileged, or --cap-add BPF --cap-add PERFMON' };
  return { check, state: 'missing', found: `this user lacks ${lacking}`, costs, mend: 'run it with sudo; or, for objects that root approves: stapkit doctor --install-sudoers' };
}

function paranoidFinding({ paranoid, capabilities: { perfmon } }: MachineFacts): Finding {
  const check = 'perf_event_paranoid';
  if (paranoid === undefined) return { check, state: 'missing', found: 'this kernel has no perf events', costs: 'kprobes, uprobes, timer.profile, perf.*', mend: 'boot a kernel built with CONFIG_PERF_EVENTS=y' };
  if (perfmon) return { check, state: 'works', found: `${paranoid}, which does not bind those with CAP_PERFMON` };
  return { check, state: 'partly', found: paranoid, costs: 'nothing by itself: whatever needs perf events needs CAP_PERFMON for BPF in any case', mend: 'run it with sudo' };
}

function symbolsFinding({ symbols }: MachineFacts): Finding {
  const check = 'kernel symbols';
  if (symbols === 'addresses') return { check, state: 'works', found: '/proc/kallsyms' };
  return { check, state: 'partly', found: symbols === 'names' ? '/proc/kallsyms without addresses' : '/proc/kallsyms cannot be read', costs: "names of functions in the kernel's stacks and of its addresses", mend: 'run it with sudo; for root, too: sudo sysctl kernel.kptr_restrict=1' };
}

/** "install PACKAGE", "install PACKAGE (COMMAND)", as the compiler's messages have it. */
function debugCommand({ debugAdvice, distribution }: MachineFacts): string {
  const [, name = '', command] = /^install (\S+)(?: \((\S+ \S+)\))?$/.exec(debugAdvice) ?? [];
  if (command !== undefined) return command;
  return /^linux-image-/.test(name) && distribution.some((one) => one === 'debian' || one === 'ubuntu') ? `sudo apt-get install ${name}` : debugAdvice;
}

function debuginfoFinding(facts: MachineFacts): Finding {
  const { where, path } = facts.debug;
  const check = 'debuginfo';
  if (where !== 'none') return { check, state: 'works', found: `of the kernel, ${path === undefined ? where : path}` };
  return { check, state: 'partly', found: 'none of the kernel', costs: 'kernel.statement, .inline, .label, .callee and $locals inside of functions; functions of a source file go by a table', mend: debugCommand(facts) };
}

function debuginfodFinding({ servers, distributionServer }: MachineFacts): Finding {
  const check = 'debuginfod';
  if (servers.length > 0) return { check, state: 'works', found: servers.join(' ') };
  return { check, state: 'partly', found: 'DEBUGINFOD_URLS is not set', costs: '$variables and lines of programs need debug packages that are installed by hand (check-debug-info PROGRAM names them)', mend: `export DEBUGINFOD_URLS=${distributionServer}` };
}

/** In the order in which one would mend. */
export function findings(facts: MachineFacts): readonly Finding[] {
  return [
    kernelFinding(facts), btfFinding(facts), capabilitiesFinding(facts), lockdownFinding(facts), paranoidFinding(facts),
    ...KIND_QUESTIONS.map((question) => (question.check === 'kprobes' ? kprobesFinding(question, facts) : kindFinding(question, facts))),
    multiFinding(facts), tracefsFinding(facts), symbolsFinding(facts), debuginfoFinding(facts), debuginfodFinding(facts),
  ];
}

/** Can scripts trace the kernel here at all? */
export const canTrace = (all: readonly Finding[]): boolean => ['kernel', 'BTF', 'capabilities', 'lockdown', 'tracepoints'].every((name) => all.find(({ check }) => check === name)?.state === 'works');
