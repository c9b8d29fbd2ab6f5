/** The SystemTap script that takes the samples: filters, stacks as keys, and what it prints when it ends. */

export type SampleSource =
  | { readonly kind: 'event'; readonly point: string; readonly hz: number | undefined }
  /** Time blocked; shorter than `minUs` is left out. */
  | { readonly kind: 'off-cpu'; readonly minUs: number }
  /** `weight`: an expression of the script language. */
  | { readonly kind: 'probe'; readonly point: string; readonly weight?: string };

export interface SamplerPlan {
  readonly source: SampleSource;
  /** Only target() and those that it started, and they, and so on. */
  readonly family: boolean;
  /** A byte string. */
  readonly comm?: string;
  /** A cgroup of version 2 and those below it, by its number. */
  readonly cgroup?: bigint;
  readonly stacks: 'both' | 'user' | 'kernel';
  readonly perThread: boolean;
  /** Prints how many samples there are, so often a second; 0: only at the end. */
  readonly progressHz: number;
}

/** Of -D: a stack as text has its addresses with a blank after each. */
export const SAMPLER_LIMITS = { MAXBACKTRACE: 127, MAXSTRINGLEN: 4096 };
/** Different stacks, and threads that are blocked at one time. */
const STACKS = 40_000;
const THREADS = 20_000;

const FAMILY = `
# target() itself, or one of those that it started, or that they started.
function of_target:long()
{
	task = task_current()
	for (level = 0; level < 24 && task_pid(task) > 1; level++) {
		if (task_pid(task) == target()) return 1
		task = task_parent(task)
	}
	return 0
}
`;

const CGROUP = `
# The control group (version 2) of that number, or one below it.
function in_cgroup:long(number:long)
{
	group = @cast(task_current(), "task_struct", "kernel")->cgroups->dfl_cgrp
	for (level = 0; level < 32 && group; level++) {
		if (@cast(group, "cgroup", "kernel")->kn->id == number) return 1
		group = @cast(group, "cgroup", "kernel")->self->parent
	}
	return 0
}
`;

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Conditions under which a sample is not wanted. */
function unwanted({ source, family, comm, cgroup }: SamplerPlan): string[] {
  return [
    // Process 0 is a processor that idles; but packets come in while it does.
    ...(source.kind === 'probe' ? [] : ['pid() == 0']),
    ...(comm === undefined ? [] : [`execname() != ${quoted(comm)}`]),
    ...(family ? ['!of_target()'] : []),
    ...(cgroup === undefined ? [] : [`!in_cgroup(${cgroup})`]),
  ];
}

const stacksOf = ({ stacks }: SamplerPlan): string => `${stacks === 'kernel' ? '""' : 'ubacktrace()'}, ${stacks === 'user' ? '""' : 'backtrace()'}`;

const next = (conditions: readonly string[]): string => (conditions.length === 0 ? '' : `\tif (${conditions.join(' || ')}) next\n`);

function eventProbe(plan: SamplerPlan, point: string, hz: number | undefined): string {
  return `probe ${point}.${hz === undefined ? 'sample(1)' : `hz(${hz})`}
{
${next(unwanted(plan))}	taken <<< 1
	try { samples[execname(), pid(), ${plan.perThread ? 'tid()' : '0'}, ${stacksOf(plan)}] <<< 1 } catch { lost <<< 1 }
}
`;
}

function pointProbe(plan: SamplerPlan, point: string, weight: string | undefined): string {
  const weigh = weight === undefined ? '' : `	try { weight = ${weight} } catch { unread <<< 1; next }
	if (weight < 0) { negative <<< 1; next }
`;
  return `probe ${point}
{
${next(unwanted(plan))}${weigh}	taken <<< 1
	try { samples[execname(), pid(), ${plan.perThread ? 'tid()' : '0'}, ${stacksOf(plan)}] <<< ${weight === undefined ? '1' : 'weight'} } catch { lost <<< 1 }
}
`;
}

/** A thread's stack is kept when it is switched away, and weighs as long as it takes until the thread is switched to. */
function offCpuProbes(plan: SamplerPlan, minUs: number): string {
  const thread = plan.perThread ? 'thread' : '0';
  const [user, kernel] = [plan.stacks === 'kernel' ? '""' : 'ubacktrace()', plan.stacks === 'user' ? '""' : 'backtrace()'];
  return `global blocked_since[${THREADS}], blocked_comm[${THREADS}], blocked_pid[${THREADS}], blocked_user[${THREADS}], blocked_kernel[${THREADS}]

probe kernel.trace("sched_switch")
{
	now = ktime_get_ns()
	thread = task_tid($next)
	if ([thread] in blocked_since) {
		us = (now - blocked_since[thread]) / 1000
		delete blocked_since[thread]
		if (us >= ${minUs}) {
			taken <<< 1
			try { samples[blocked_comm[thread], blocked_pid[thread], ${thread}, blocked_user[thread], blocked_kernel[thread]] <<< us } catch { lost <<< 1 }
		}
	}
	# Switched away although it could run (0), or for good (0x80).
	state = task_state($prev)
	if (${['$preempt', 'state == 0', 'state & 0x80', ...unwanted(plan)].join(' || ')}) next
	try {
		blocked_comm[tid()] = execname()
		blocked_pid[tid()] = pid()
		blocked_user[tid()] = ${user}
		blocked_kernel[tid()] = ${kernel}
		blocked_since[tid()] = now
	} catch { lost <<< 1 }
}

# Those that wait still. Kept as samples they would be texts, where the kernel has numbers of stacks.
probe end
{
	now = ktime_get_ns()
	foreach ([thread] in blocked_since) {
		us = (now - blocked_since[thread]) / 1000
		if (us >= ${minUs}) printf("stack\\t%d\\t%d\\t1\\t%d\\t%s\\t%s\\t%s\\n", blocked_pid[thread], ${thread}, us, blocked_user[thread], blocked_kernel[thread], blocked_comm[thread])
	}
}
`;
}

function probes(plan: SamplerPlan): string {
  const { source } = plan;
  if (source.kind === 'event') return eventProbe(plan, source.point, source.hz);
  return source.kind === 'probe' ? pointProbe(plan, source.point, source.weight) : offCpuProbes(plan, source.minUs);
}

/** Text of the script, as a byte string. What it prints is read by sampled-lines.ts. */
export function samplerScript(plan: SamplerPlan): string {
  const progress = plan.progressHz === 0 ? '' : `
probe timer.ms(${Math.round(1000 / plan.progressHz)}) { printf("progress\\t%d\\t%d\\n", @count(taken), @count(lost)) }
`;
  return `#! /usr/bin/env stap
# Stacks, how often each was seen and its weight: a line a stack, addresses from the innermost.
# stap -DMAXBACKTRACE=${SAMPLER_LIMITS.MAXBACKTRACE} -DMAXSTRINGLEN=${SAMPLER_LIMITS.MAXSTRINGLEN}${plan.family ? ' -x PID, or -c CMD' : ''}

global samples[${STACKS}], taken, lost, unread, negative
${plan.family ? FAMILY : ''}${plan.cgroup === undefined ? '' : CGROUP}
${probes(plan)}${progress}
probe end
{
	foreach ([comm, process, thread, user, kernel] in samples)
		printf("stack\\t%d\\t%d\\t%d\\t%d\\t%s\\t%s\\t%s\\n", process, thread, @count(samples[comm, process, thread, user, kernel]),
		       @sum(samples[comm, process, thread, user, kernel]), user, kernel, comm)
	printf("end\\t%d\\t%d\\t%d\\t%d\\n", @count(taken), @count(lost), @count(unread), @count(negative))
}
`;
}
