/** The variables of one probe point: parameters, the return value, casts, and the `$$` texts. */
import type { AddressSpace } from '@stapkit/object';
import type { Diagnostic } from '../diagnostics/index.js';
import { similarNames } from '../diagnostics/index.js';
import type { TypedExpression } from '../semantic/typed-tree.js';
import type { Span } from '../source/index.js';
import type { Expression, TargetExpression } from '../syntax/index.js';
import { parseCType, POINTER_SCALAR, shapeOf, typeName, type CType, type ModuleTypes, type TypeLookup } from './c-types.js';
import { namesKernel } from './module-names.js';
import { prettyText, summaryText } from './pretty-print.js';
import type { ContextVariable, PointedType, ProbeContext, TargetResolution } from './resolve.js';
import { addressValue, elementOf, memberOf, TargetProblem, valueOf, type Place } from './target-access.js';

export interface ContextParameter {
  /** Without `$`; '' when the type information has no name for it. */
  readonly name: string;
  readonly type: CType;
  /** Argument slot, from 0: a structure passed by value takes more than one. */
  readonly index: number;
}

/** A variable that debug information describes. */
export interface ScopeVariable {
  /** Without `$`. */
  readonly name: string;
  readonly type: CType;
  readonly group: 'parameter' | 'local';
  /** Where it is; throws {@link TargetProblem} when it cannot be read at this probe. */
  readonly place: (span: Span) => Place;
}

/** What debug information adds to a probe point. */
export interface DebugScope {
  /** Parameters, then locals, of the innermost scope first. Of one name the first counts. */
  readonly variables: readonly ScopeVariable[];
  /** `$return`; undefined in probes that have none. */
  readonly returned?: ScopeVariable;
  /** Said where `$return` is used: it may not be what the source says. */
  readonly returnDoubt?: (span: Span) => Diagnostic | undefined;
  /** A return probe of a void function: `$$return` is an empty text. */
  readonly returnsNothing?: boolean;
  /** A global or static variable of the program: `$name`, `@var("name@file")`. */
  global(name: string, file: string | undefined, span: Span): Place | undefined;
}

export interface ContextDescription {
  /** For messages: `kernel.function("vfs_read")`. */
  readonly point: string;
  readonly lookup: TypeLookup;
  readonly parameters: readonly ContextParameter[];
  /** Return probes: the type, `void` included. */
  readonly returnType?: CType;
  /** Where pointers among the parameters lead to. */
  readonly space: AddressSpace;
  /** Return probes whose parameters must be followed when the function is entered. */
  readonly parametersAtEntry: boolean;
  /** Even a parameter itself must be kept from the entry: its register does not outlive the call. */
  readonly bareParametersAtEntry?: boolean;
  /** Other `$$` texts: `$$name`, `$$system`. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Said when there are no variables at all, or an unknown one is asked for. */
  readonly advice?: string;
  /** `$arg1` … stand for parameters by position (tracepoints). */
  readonly positional?: boolean;
  /** Of a mark: `$arg1` …. These alone are listed, and printed by `$$vars` and `$$parms`; variables of the code around it are there by their names. */
  readonly arguments?: readonly ScopeVariable[];
  /** From DWARF; parameters are then among its variables. */
  readonly debug?: DebugScope | undefined;
  /** Those that look into the probe's own program first. Absent: those of `lookup`. */
  readonly modules?: ModuleTypes;
}

/** Makes a target expression's value, or throws {@link TargetProblem}. */
type Elaborate = (expression: Expression) => TypedExpression;

export class TargetContext implements ProbeContext {
  readonly #about: ContextDescription;

  constructor(about: ContextDescription) {
    this.#about = about;
  }

  resolve(expression: TargetExpression, elaborate: Elaborate, autocast?: PointedType): TargetResolution {
    try {
      const resolved = this.#resolve(expression, elaborate, autocast);
      const { base, span } = expression;
      const isResult = base.kind === 'variable' && (base.name === '$return' || base.name === '$$return');
      const doubt = isResult ? this.#about.debug?.returnDoubt?.(span) : undefined;
      return { ok: true, ...resolved, ...(doubt === undefined ? {} : { doubt }) };
    } catch (problem) {
      if (!(problem instanceof TargetProblem)) throw problem;
      const { message, span, similar, hint } = problem;
      return { ok: false, message, span, similar, ...(hint === undefined ? {} : { hint }) };
    }
  }

  variables(): readonly ContextVariable[] {
    const { parameters, returnType, arguments: marked } = this.#about;
    if (marked !== undefined) return marked.map(({ name, type, group }) => ({ name: `$${name}`, type: typeName(type), group }));
    const list: ContextVariable[] = [];
    const { debug } = this.#about;
    if (debug !== undefined) {
      const { returned } = debug;
      if (returned !== undefined) list.push({ name: '$return', type: typeName(returned.type), group: 'return' });
      for (const { name, type, group } of visible(debug)) list.push({ name: `$${name}`, type: typeName(type), group });
      return list;
    }
    if (returnType !== undefined && shapeOf(returnType).shape !== 'void') list.push({ name: '$return', type: typeName(returnType), group: 'return' });
    for (const { name, type } of parameters) if (name !== '') list.push({ name: `$${name}`, type: typeName(type), group: 'parameter' });
    return list;
  }

  #resolve(expression: TargetExpression, elaborate: Elaborate, autocast: PointedType | undefined): { readonly expression: TypedExpression; readonly pointed?: PointedType } {
    const { base, span } = expression;
    if (base.kind === 'variable' && base.name.startsWith('$$')) return { expression: this.#text(base.name, expression) };
    let place = base.kind === 'autocast' ? autocastPlace(base.value, autocast, span, elaborate) : this.#base(base, span, elaborate);
    for (const step of expression.steps) {
      if (step.kind === 'member') place = memberOf(place, step.name, step.span);
      else {
        const index = elaborate(step.index);
        if (index.type !== 'long') throw new TargetProblem(`the index of '${place.text}' must be a number, not a string`, step.span);
        place = elementOf(place, index, step.span);
      }
    }
    if (expression.pretty !== 0) return { expression: prettyText(place, expression.pretty, span) };
    // What a cast without members names is what its value points to.
    const isAddress = expression.addressOf && !(base.kind === 'cast' && expression.steps.length === 0);
    const value = isAddress ? addressValue(place, span) : valueOf(place, span);
    const pointed = pointedType(place, isAddress);
    return { expression: value, ...(pointed === undefined ? {} : { pointed }) };
  }

  #base(base: Exclude<TargetExpression['base'], { readonly kind: 'autocast' }>, span: Span, elaborate: Elaborate): Place {
    switch (base.kind) {
      case 'variable':
        return base.name === '$return' ? this.#returnValue(span) : this.#parameter(base.name.slice(1), span);
      case 'cast':
        return this.#cast(base.value, base.type, base.module, span, elaborate);
      case 'var':
        return this.#global(base.name, base.module, span);
    }
  }

  #returnValue(span: Span): Place {
    const { returnType, point, debug } = this.#about;
    if (debug?.returned !== undefined) return debug.returned.place(span);
    if (returnType === undefined) throw new TargetProblem(`'$return' is not available in ${point}`, span, { hint: `it exists in .return probes of functions` });
    const shape = shapeOf(returnType);
    if (shape.shape === 'void') throw new TargetProblem(`${point} returns nothing (void): there is no '$return'`, span);
    return { kind: 'value', expression: { kind: 'return-value', type: 'long', scalar: scalarOrProblem(returnType, '$return', span), span }, type: returnType, space: this.#about.space, reads: 0, text: '$return', atEntry: false };
  }

  #parameter(name: string, span: Span): Place {
    const marked = this.#about.arguments?.find((one) => one.name === name)?.place(span);
    if (marked !== undefined) return marked;
    const { parameters, point, positional, debug } = this.#about;
    const found = debug?.variables.find((one) => one.name === name)?.place(span) ?? debug?.global(name, undefined, span);
    if (found !== undefined) return found;
    const position = positional === true ? /^arg([1-9][0-9]*)$/.exec(name)?.[1] : undefined;
    const parameter = parameters.find((one) => one.name === name && name !== '') ?? (position === undefined ? undefined : parameters[Number(position) - 1]);
    if (parameter !== undefined) return this.#place(parameter, span);
    const names = this.variables().map((one) => one.name);
    const near = similarNames(`$${name}`, names);
    const { advice } = this.#about;
    throw new TargetProblem(`${point} has no variable '$${name}'`, span, {
      similar: near.length > 0 ? near : names,
      ...(advice === undefined ? {} : { hint: advice }),
    });
  }

  #place(parameter: ContextParameter, span: Span): Place {
    const { space, parametersAtEntry, bareParametersAtEntry } = this.#about;
    const text = `$${parameter.name === '' ? `arg${parameter.index + 1}` : parameter.name}`;
    const scalar = scalarOrProblem(parameter.type, text, span);
    return { kind: 'value', expression: { kind: 'argument', type: 'long', index: parameter.index, scalar, span }, type: parameter.type, space, reads: bareParametersAtEntry === true ? 1 : 0, text, atEntry: parametersAtEntry };
  }

  #cast(value: Expression, typeText: string, module: string | undefined, span: Span, elaborate: Elaborate): Place {
    const type = this.#typeNamed(typeText, module, span);
    if (type.kind === 'unknown') throw new TargetProblem(`@cast: ${type.why}`, span, { similar: namesKernel(module) ? this.#similarTypes(typeText) : [] });
    const expression = elaborate(value);
    if (expression.type !== 'long') throw new TargetProblem('@cast needs a number, not a string', span);
    // A structure's name means "p points to it"; a pointer type is the value's own type.
    const pointer: CType = shapeOf(type).shape === 'pointer' ? type : { kind: 'pointer', to: type };
    return { kind: 'value', expression, type: pointer, space: type.kind === 'dwarf' ? this.#spaceOf(type) : this.#castSpace(expression, type, module), reads: 0, text: `@cast(…, "${typeText}")`, atEntry: false };
  }

  #spaceOf(type: CType): AddressSpace {
    const { modules, lookup, space } = this.#about;
    return (modules ?? lookup.modules)?.spaceOf(type) ?? space;
  }

  /** The kernel's BTF, or the debug information of the probe's own or of the named modules. */
  #typeNamed(typeText: string, module: string | undefined, span: Span): CType {
    const { lookup } = this.#about;
    if (module !== undefined && namesKernel(module)) return parseCType(typeText, lookup);
    const modules = this.#about.modules ?? lookup.modules;
    const ownFirst = module === undefined && this.#about.modules !== undefined;
    if (!ownFirst && namesKernel(module)) return parseCType(typeText, lookup);
    if (modules === undefined) throw new TargetProblem(`@cast to a type of '${module ?? ''}' needs DWARF debug information; only the kernel's types (BTF) are known`, span, { hint: 'use the module "kernel" for kernel types' });
    const own = modules.find(typeText, module);
    if (own.kind !== 'unknown' || !ownFirst) return own;
    const kernel = parseCType(typeText, lookup);
    return kernel.kind === 'unknown' ? own : kernel;
  }

  /** `@var("name@file", "module")`. */
  #global(wanted: string, module: string | undefined, span: Span): Place {
    const { debug, point } = this.#about;
    const [name = wanted, file] = wanted.split('@');
    if (module !== undefined && this.#about.modules?.isOwn(module) !== true) throw new TargetProblem(`@var("${wanted}", "${module}"): where '${module}' is loaded is not known at this probe`, span, { hint: 'probe a function of that module: its own variables can be read there' });
    if (debug === undefined) throw new TargetProblem(`@var("${wanted}") needs DWARF debug information: BTF has no addresses of variables`, span);
    const local = file === undefined ? debug.variables.find((one) => one.name === name) : undefined;
    const found = local?.place(span) ?? debug.global(name, file, span);
    if (found === undefined) throw new TargetProblem(`@var: the debug information of ${point} has no variable '${wanted}'`, span);
    return found;
  }

  /**
   * In user-space and syscall probes, casts of what a parameter points to stay in user memory, and C's own types are the program's;
   * all else is the kernel's.
   */
  #castSpace(expression: TypedExpression, type: CType, module: string | undefined): AddressSpace {
    const isPrograms = module === undefined && this.#about.modules !== undefined && baseOf(type).kind === 'base';
    return isPrograms || isOfProbedCode(expression) ? this.#about.space : 'kernel';
  }

  #similarTypes(text: string): readonly string[] {
    const { btf } = this.#about.lookup;
    const name = /(\w+)[\s*]*$/.exec(text)?.[1];
    if (btf === undefined || name === undefined) return [];
    // Only structures: a kernel has some 10,000, and 130,000 types in all.
    return similarNames(name, btf.idsOfKind('struct').map((id) => btf.name(id)));
  }

  #text(name: string, expression: TargetExpression): TypedExpression {
    const { span, pretty, steps, addressOf } = expression;
    const { texts, point, parameters, returnType, advice, arguments: marked } = this.#about;
    if (steps.length > 0 || addressOf) throw new TargetProblem(`'${name}' is a string, and has no members`, span);
    const known = texts?.[name];
    if (known !== undefined) return { kind: 'text', type: 'string', value: known, span };
    if (marked !== undefined && (name === '$$vars' || name === '$$parms')) return summaryText(marked.map((one) => ({ name: `$${one.name}`, place: () => one.place(span) })), pretty, span);
    const { debug } = this.#about;
    const inScope = debug === undefined ? [] : visible(debug);
    const debugNamed = (group?: ScopeVariable['group']): { readonly name: string; readonly place: () => Place }[] => inScope.filter((one) => group === undefined || one.group === group).map((one) => ({ name: one.name, place: () => one.place(span) }));
    const named = parameters.map((one) => ({ name: one.name === '' ? `arg${one.index + 1}` : one.name, place: (): Place => this.#place(one, span) }));
    switch (name) {
      case '$$vars':
        return summaryText(debug === undefined ? named : debugNamed(), pretty, span);
      case '$$parms':
        return summaryText(debug === undefined ? named : debugNamed('parameter'), pretty, span);
      case '$$locals':
        // BTF describes parameters alone; stap prints an empty text where there are no locals.
        return debug === undefined ? { kind: 'text', type: 'string', value: '', span } : summaryText(debugNamed('local'), pretty, span);
      case '$$return':
        if (debug?.returned !== undefined) return summaryText([{ name: 'return', place: () => this.#returnValue(span) }], pretty, span);
        if (debug?.returnsNothing === true) return { kind: 'text', type: 'string', value: '', span };
        if (returnType === undefined) throw new TargetProblem(`'$$return' is not available in ${point}`, span, advice === undefined ? {} : { hint: advice });
        return shapeOf(returnType).shape === 'void' ? { kind: 'text', type: 'string', value: '', span } : summaryText([{ name: 'return', place: () => this.#returnValue(span) }], pretty, span);
      default:
        throw new TargetProblem(`${point} has no '${name}'`, span, { similar: ['$$vars', '$$parms', '$$locals', ...(returnType === undefined ? [] : ['$$return']), ...Object.keys(texts ?? {})] });
    }
  }
}

/** What a pointer leads to in the end. */
const baseOf = (type: CType): CType => (type.kind === 'pointer' ? baseOf(type.to) : type);

/** A value that the probed code has: its parameters, registers and memory, with or without something added. */
function isOfProbedCode(expression: TypedExpression): boolean {
  if (expression.kind === 'binary') return isOfProbedCode(expression.left);
  return expression.kind === 'argument' || expression.kind === 'register' || (expression.kind === 'read' && expression.space === 'user');
}

/** The value before the first `->` or `[`. */
function autocastPlace(value: Expression, pointed: PointedType | undefined, span: Span, elaborate: Elaborate): Place {
  const text = value.kind === 'name' ? value.name : value.kind === 'call' ? `${value.name}()` : value.kind === 'index' ? `${value.name}[…]` : '(…)';
  if (pointed === undefined) throw new TargetProblem(`it is not known what '${text}' points to`, span, { hint: `say it: @cast(${text === '(…)' ? 'VALUE' : text}, "struct NAME", "kernel")->MEMBER` });
  return { kind: 'value', expression: elaborate(value), type: pointed.type, space: pointed.space, reads: 0, text, atEntry: false };
}

/** What the value of a place, or its address, points to. */
function pointedType({ type, space }: Place, isAddress: boolean): PointedType | undefined {
  const shape = shapeOf(type);
  const pointer: CType | undefined = isAddress ? { kind: 'pointer', to: type } : shape.shape === 'array' ? { kind: 'pointer', to: shape.element } : shape.shape === 'pointer' ? type : undefined;
  if (pointer === undefined) return undefined;
  const name = typeName(pointer);
  const target = shapeOf(pointer);
  const isUser = target.shape === 'pointer' && target.isUser;
  return { type: pointer, space, name, key: `${isUser ? 'user' : space} ${name.replaceAll(/\b(const|volatile) /g, '')}` };
}

/** Variables that are not hidden by one of the same name further in; parameters first. */
function visible({ variables }: DebugScope): readonly ScopeVariable[] {
  const names = new Map<string, ScopeVariable>();
  for (const one of variables) if (!names.has(one.name)) names.set(one.name, one);
  const list = [...names.values()];
  return [...list.filter(({ group }) => group === 'parameter'), ...list.filter(({ group }) => group === 'local')];
}

/** How a register holds a value of the type. */
function scalarOrProblem(type: CType, text: string, span: Span): typeof POINTER_SCALAR {
  const shape = shapeOf(type);
  if (shape.shape === 'scalar') return shape.scalar;
  if (shape.shape === 'pointer') return POINTER_SCALAR;
  const why = shape.shape === 'other' ? shape.why : `it is '${typeName(type)}', passed by value`;
  throw new TargetProblem(`cannot read '${text}': ${why}`, span);
}
