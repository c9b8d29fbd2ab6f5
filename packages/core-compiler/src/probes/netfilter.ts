/** netfilter.hook("NAME").pf("FAMILY").priority("N"), in any order: packets where netfilter's hooks see them, by a BPF program that is a hook (Linux 6.4). */
import type { AttachPoint } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import { callIntrinsic } from '../semantic/intrinsic-calls.js';
import type { ProbePoint, ProbePointComponent, TargetExpression } from '../syntax/index.js';
import { parseCType } from './c-types.js';
import { hasNoArgument, pointText, type Expand } from './family.js';
import { incompletePoint, noKernelTypes, numberOutOfRange, repeatedComponent, unknownComponent, unknownName, unsupportedPoint, wrongArgument } from './problems.js';
import type { ContextVariable, ProbeContext, TargetResolution, WritableVariable } from './resolve.js';
import { TargetContext } from './target-context.js';

/** Protocol families (linux/netfilter.h), and the names of sockets' families that scripts use for them. */
const FAMILIES: Readonly<Record<string, number>> = {
  NFPROTO_IPV4: 2, NFPROTO_ARP: 3, NFPROTO_BRIDGE: 7, NFPROTO_IPV6: 10, PF_INET: 2, AF_INET: 2, PF_BRIDGE: 7, AF_BRIDGE: 7, PF_INET6: 10, AF_INET6: 10,
};
const PLACES = ['PRE_ROUTING', 'LOCAL_IN', 'FORWARD', 'LOCAL_OUT', 'POST_ROUTING'];
const placesOf = (...prefixes: readonly string[]): Readonly<Record<string, number>> => Object.fromEntries(prefixes.flatMap((prefix) => PLACES.map((name, index) => [`${prefix}_${name}`, index])));
/** linux/netfilter.h, netfilter_ipv4.h, netfilter_ipv6.h, netfilter_arp.h, netfilter_bridge.h. */
const HOOKS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  2: placesOf('NF_INET', 'NF_IP'), 10: placesOf('NF_INET', 'NF_IP6'), 3: { NF_ARP_IN: 0, NF_ARP_OUT: 1, NF_ARP_FORWARD: 2 }, 7: { ...placesOf('NF_BR'), NF_BR_BROUTING: 5 },
};
/** What the kernel has where a packet passes the hook: for those that cannot have it. */
const FUNCTIONS: Readonly<Record<number, readonly string[]>> = {
  2: ['ip_rcv', 'ip_local_deliver', 'ip_forward', '__ip_local_out', 'ip_output'],
  10: ['ipv6_rcv', 'ip6_input', 'ip6_forward', '__ip6_local_out', 'ip6_output'],
  3: ['arp_rcv', 'arp_xmit', 'arp_rcv'],
  7: ['br_handle_frame', 'br_pass_frame_up', 'br_forward', 'br_forward', 'br_forward_finish', 'br_handle_frame'],
};
const HIGHEST = 2_147_483_647;
/** The kernel keeps the very first and last (NF_IP_PRI_FIRST, NF_IP_PRI_LAST) from BPF (bpf_nf_link_attach): the next to them stand for them. */
const PRIORITIES: Readonly<Record<string, number>> = Object.fromEntries(['IP', 'IP6'].flatMap((family) => Object.entries({
  FIRST: -HIGHEST, RAW_BEFORE_DEFRAG: -450, CONNTRACK_DEFRAG: -400, RAW: -300, SELINUX_FIRST: -225, CONNTRACK: -200, MANGLE: -150, NAT_DST: -100, FILTER: 0,
  SECURITY: 50, NAT_SRC: 100, SELINUX_LAST: 225, CONNTRACK_HELPER: 300, CONNTRACK_CONFIRM: HIGHEST - 1, LAST: HIGHEST - 1,
}).map(([name, value]) => [`NF_${family}_PRI_${name}`, value])));

type Hook = Extract<AttachPoint, { readonly kind: 'netfilter' }>;
const VERDICT = '$verdict';
/** linux/netfilter.h. */
const VERDICTS: Readonly<Record<number, string>> = { 2: 'NF_STOLEN', 3: 'NF_QUEUE', 4: 'NF_REPEAT', 5: 'NF_STOP' };
/** As `-L` lists them; which argument of the program each is. */
const VARIABLES = [['hooknum', 'unsigned int', 3], ['skb', 'struct sk_buff*', 0], ['in', 'struct net_device*', 1], ['out', 'struct net_device*', 2]] as const;

export const expandNetfilter: Expand = (point, around, problems) => {
  const parts = componentsOf(point, problems);
  const hook = parts === undefined ? undefined : hookOf(parts, problems);
  if (parts === undefined || hook === undefined) return [];
  const text = pointText(point.components);
  const missing = whyNot(hook, around);
  if (missing !== undefined) {
    const near = FUNCTIONS[hook.family]?.[hook.hook];
    problems.report(unsupportedPoint(parts.hook, text, missing, near === undefined ? 'probe a function of the network stack' : `the nearest that can be probed: kernel.function("${near}"), which runs for these packets before other hooks see them`));
    return [];
  }
  if (around.lookup.btf === undefined) {
    problems.report(noKernelTypes(text, point.span, around.target.btfProblem ?? 'the kernel has none'));
    return [];
  }
  return [{
    name: text, where: 'kernel', isReturn: false, attach: hook,
    context: new HookContext(new TargetContext({
      point: text, lookup: around.lookup, space: 'kernel', parametersAtEntry: false,
      parameters: VARIABLES.map(([name, type, index]) => ({ name, type: parseCType(type, around.lookup), index })),
    })),
  }];
};

/** `$verdict`, beside what the hook was called with. */
class HookContext implements ProbeContext {
  readonly #others: ProbeContext;

  constructor(others: ProbeContext) {
    this.#others = others;
  }

  resolve(expression: TargetExpression, ...rest: Rest<Parameters<ProbeContext['resolve']>>): TargetResolution {
    const { base, steps, addressOf, pretty, span } = expression;
    if (base.kind !== 'variable' || base.name !== VERDICT) return this.#others.resolve(expression, ...rest);
    if (steps.length > 0 || addressOf || pretty !== 0) return { ok: false, message: `'${VERDICT}' is a number, and has no members`, span, similar: [] };
    return { ok: true, expression: callIntrinsic('verdict', [], span) };
  }

  writable(name: string): WritableVariable | undefined {
    return name === VERDICT ? { type: 'long', get: 'verdict', set: 'set_verdict', refuse: whyNoVerdict } : undefined;
  }

  variables(): readonly ContextVariable[] {
    return [...this.#others.variables(), { name: VERDICT, type: 'int', group: 'other' }];
  }
}

type Rest<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Others] ? Others : never;

/** What the kernel lets BPF programs return (check_return_code of kernel/bpf/verifier.c). */
function whyNoVerdict(value: bigint): string | undefined {
  if (value === 0n || value === 1n) return undefined;
  const name = VERDICTS[Number(value)];
  return `BPF programs can answer 0 (NF_DROP) and 1 (NF_ACCEPT), not ${value}${name === undefined ? '' : ` (${name})`}`;
}

interface Parts { readonly hook: ProbePointComponent; readonly pf: ProbePointComponent; readonly priority?: ProbePointComponent }

/** undefined, and reported, when one is missing, unknown or there twice. */
function componentsOf(point: ProbePoint, problems: DiagnosticSink): Parts | undefined {
  const [netfilter, ...rest] = point.components;
  if (netfilter === undefined || !hasNoArgument(netfilter, problems)) return undefined;
  const found = new Map<string, ProbePointComponent>();
  for (const one of rest) {
    const isKnown = ['hook', 'pf', 'priority'].includes(one.name);
    if (isKnown && !found.has(one.name)) found.set(one.name, one);
    else {
      problems.report(isKnown ? repeatedComponent(one, 'a hook, a family and a priority are one each') : unknownComponent(one, pointText(point.components.slice(0, point.components.indexOf(one))), ['hook', 'pf', 'priority']));
      return undefined;
    }
  }
  const [hook, pf, priority] = [found.get('hook'), found.get('pf'), found.get('priority')];
  if (hook !== undefined && pf !== undefined) return { hook, pf, ...(priority === undefined ? {} : { priority }) };
  problems.report(incompletePoint(point, pointText(point.components), hook === undefined ? '.hook("NF_INET_LOCAL_IN")' : '.pf("NFPROTO_IPV4")'));
  return undefined;
}

function hookOf({ hook, pf, priority }: Parts, problems: DiagnosticSink): Hook | undefined {
  const family = named(pf, FAMILIES, 'a protocol family', problems);
  if (family === undefined) return undefined;
  const hooks = HOOKS[family];
  if (hooks === undefined) {
    problems.report(unknownName(pf, 'protocol family of netfilter', Object.keys(FAMILIES)));
    return undefined;
  }
  const number = named(hook, hooks, 'a hook', problems);
  const order = priority === undefined ? 0 : named(priority, PRIORITIES, 'a priority', problems);
  if (number === undefined || order === undefined) return undefined;
  if (!Object.values(hooks).includes(number)) problems.report(numberOutOfRange(hook, `a hook of the family: ${Object.keys(hooks).join(', ')}`));
  else if (priority !== undefined && Math.abs(order) > HIGHEST - (order > 0 ? 1 : 0)) problems.report(numberOutOfRange(priority, `a priority between ${-HIGHEST} and ${HIGHEST - 1}`));
  else return { kind: 'netfilter', family, hook: number, priority: order };
  return undefined;
}

/** A name of the table, or a number: in a text or by itself. */
function named(component: ProbePointComponent, names: Readonly<Record<string, number>>, what: string, problems: DiagnosticSink): number | undefined {
  const { argument } = component;
  if (argument?.kind === 'number') return Number(argument.value);
  const text = argument?.value ?? '';
  if (Object.hasOwn(names, text)) return names[text];
  if (/^-?\d{1,10}$/.test(text)) return Number(text);
  problems.report(argument === undefined ? wrongArgument(component, `the name or number of ${what}`) : unknownName(component, what.replace(/^an? /, ''), Object.keys(names)));
  return undefined;
}

function whyNot({ family }: Hook, { target, lookup }: Parameters<Expand>[1]): string | undefined {
  if (family !== 2 && family !== 10) return `BPF programs can be hooks of IPv4 and IPv6 alone, not of ${family === 3 ? 'ARP' : 'bridges'}`;
  const needs = 'it needs BPF programs as netfilter hooks (Linux 6.4 or later, CONFIG_NETFILTER_BPF_LINK=y)';
  if (target.config('CONFIG_NETFILTER_BPF_LINK') === 'y' || lookup.btf === undefined) return undefined;
  return lookup.btf.enumValue('BPF_NETFILTER') === undefined || lookup.btf.findByName('bpf_nf_ctx', 'struct') === undefined ? `${needs}, and this kernel (${target.kernelRelease}) does not have them` : undefined;
}
