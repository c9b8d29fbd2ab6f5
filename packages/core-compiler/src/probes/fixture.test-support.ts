/** Probe points and target expressions from text, and targets to resolve them on. */
import { existsSync, readFileSync } from 'node:fs';
import { Btf } from '@stapkit/debuginfo';
import { DiagnosticSink } from '../diagnostics/index.js';
import type { TypedExpression } from '../semantic/typed-tree.js';
import { SourceText, type Span } from '../source/index.js';
import type { ProbePoint, ProbePointComponent, TargetExpression, TargetStep } from '../syntax/index.js';
import type { Target } from '../target/index.js';
import type { ProbeResolver, ResolvedPoint, TargetResolution } from './resolve.js';
import { createProbeResolver } from './resolver.js';

const source = new SourceText('test.stp', '');
export const span: Span = { source, start: 0, end: 0 };

/** `kernel.function("x").return`: a small reader, so that these tests need no parser. */
export function point(text: string): ProbePoint {
  const components: ProbePointComponent[] = [];
  const pattern = /([\w*]+)(?:\((?:"([^"]*)"|(-?\d+))\))?(?:\.|[?!]?$)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, name = '', argument, number] = match;
    components.push({ name, span, ...(argument !== undefined ? { argument: { kind: 'text', value: argument } } : number !== undefined ? { argument: { kind: 'number', value: BigInt(number) } } : {}) });
  }
  return { components, optional: text.endsWith('?'), sufficient: text.endsWith('!'), span };
}

/** `$a->b[1]`, `&$a->b`, `$a$`, `@cast(5, "struct x")->y`; an index that is a word is a local variable. */
export function target(text: string): TargetExpression {
  const pretty = /\$\$?$/.exec(text)?.[0].length ?? 0;
  const body = text.slice(text.startsWith('&') ? 1 : 0, text.length - pretty);
  const cast = /^@cast\((-?\d+|\$\w+), "([^"]*)"(?:, "([^"]*)")?\)/.exec(body);
  const variable = /^\$\$?\w+/.exec(body);
  const head = cast?.[0] ?? variable?.[0] ?? '';
  const steps: TargetStep[] = [];
  for (const [, member, index] of body.slice(head.length).matchAll(/->(\w+)|\[(-?\w+)\]/g)) {
    if (member !== undefined) steps.push({ kind: 'member', name: member, span });
    else if (index !== undefined) steps.push({ kind: 'element', index: /^-?\d/.test(index) ? { kind: 'number', value: BigInt(index), span } : { kind: 'name', name: index, span }, span });
  }
  const value = cast?.[1] ?? '';
  const base: TargetExpression['base'] = cast === null
    ? { kind: 'variable', name: head }
    : { kind: 'cast', value: value.startsWith('$') ? target(value) : { kind: 'number', value: BigInt(value), span }, type: cast[2] ?? '', ...(cast[3] === undefined ? {} : { module: cast[3] }) };
  return { kind: 'target', base, steps, addressOf: text.startsWith('&'), pretty: pretty as 0 | 1 | 2, span };
}

export const SYSCALLS = readFileSync(new URL('../../../tapset/tables/syscalls.tsv', import.meta.url), 'latin1');
const VMLINUX = '/sys/kernel/btf/vmlinux';
let vmlinux: Btf | undefined;

/** The running kernel's BTF; undefined where it has none. */
export function runningKernel(): Btf | undefined {
  if (vmlinux === undefined && existsSync(VMLINUX)) vmlinux = Btf.parse(readFileSync(VMLINUX));
  return vmlinux;
}

const NO_FEATURES = { loop: false, forEachMapElem: false, atomicFetch: false, lookupPerCpu: false, taskRegisters: false, snprintf: false, attachCookie: false, trampolines: false };

export function testTarget(part: Partial<Target> = {}): Target {
  return {
    arch: 'x86_64', kernelRelease: '6.1.0', features: NO_FEATURES, btf: undefined, btfProblem: 'none in this test',
    config: (name) => (name === 'CONFIG_HZ' ? '250' : undefined),
    readBinary: () => undefined, resolvePath: () => undefined, ...part,
  };
}

export function resolver(part: Partial<Target> = {}, command?: string): ProbeResolver {
  return createProbeResolver({ target: testTarget(part), syscallTable: SYSCALLS, ...(command === undefined ? {} : { command }) });
}

export interface Expanded { readonly points: readonly ResolvedPoint[]; readonly problems: readonly string[]; readonly hints: readonly string[] }

export function expand(text: string, by: ProbeResolver): Expanded {
  const sink = new DiagnosticSink();
  const points = by.expand(point(text), sink);
  return { points, problems: sink.all.map(({ code, message }) => `${code} ${message}`), hints: sink.all.flatMap(({ hints }) => hints ?? []) };
}

/** Resolves a target expression in the only point that `pointText` means. */
export function resolve(pointText: string, targetText: string, by: ProbeResolver): TargetResolution {
  const { points, problems } = expand(pointText, by);
  const [only] = points;
  if (only === undefined || points.length > 1) throw new Error(`${pointText}: ${points.length} points; ${problems.join('; ')}`);
  const elaborate = (expression: unknown): TypedExpression => {
    const node = expression as { kind: string; value?: bigint; name?: string };
    if (node.kind === 'number') return { kind: 'number', type: 'long', value: node.value ?? 0n, span };
    if (node.kind === 'name') return { kind: 'load', type: 'long', place: { kind: 'local', type: 'long', symbol: { kind: 'local', name: node.name ?? '', type: 'long' }, span }, span };
    const inner = only.context.resolve(expression as TargetExpression, elaborate);
    if (!inner.ok) throw new Error(inner.message);
    return inner.expression;
  };
  return only.context.resolve(target(targetText), elaborate);
}

/** A typed expression in one line: `read4(arg1 + task_struct.pid)`. */
export function show(expression: TypedExpression): string {
  const field = (one: { root: string; path: readonly (string | number)[] } | undefined): string => (one === undefined ? '' : ` + ${one.root}.${one.path.join('.')}`);
  const size = (scalar: { bytes: number; signed: boolean; bitOffset?: number; bitSize?: number }): string => `${scalar.signed ? 's' : 'u'}${scalar.bytes * 8}${scalar.bitSize === undefined ? '' : `:${scalar.bitOffset}:${scalar.bitSize}`}`;
  switch (expression.kind) {
    case 'number': return String(expression.value);
    case 'text': return JSON.stringify(expression.value);
    case 'load': return expression.place.kind === 'local' ? expression.place.symbol.name : '?';
    case 'argument': return `arg${expression.index}:${size(expression.scalar)}`;
    case 'register': return `reg${expression.register}`;
    case 'return-value': return `ret:${size(expression.scalar)}`;
    case 'address': return `(${show(expression.base)}${field(expression.field)})`;
    case 'read': return `${expression.space === 'user' ? 'user ' : ''}${size(expression.scalar)}[${show(expression.address)}${field(expression.field)}]`;
    case 'entry': return `entry(${show(expression.expression)})`;
    case 'binary': return `(${show(expression.left)} ${expression.fn} ${show(expression.right)})`;
    case 'call': return `${expression.function.name}(${expression.args.map(show).join(', ')})`;
    case 'print': return `sprintf(${JSON.stringify(expression.pieces.map((piece) => ('literal' in piece ? piece.literal : `%${piece.flag ?? ''}${piece.conversion}`)).join(''))}${expression.args.map((arg) => (arg.kind === 'histogram' ? '' : `, ${show(arg)}`)).join('')})`;
    default: return expression.kind;
  }
}

/** What a target resolves to, or `!message`. */
export function shown(resolution: TargetResolution): string {
  return resolution.ok ? show(resolution.expression) : `!${resolution.message}`;
}
