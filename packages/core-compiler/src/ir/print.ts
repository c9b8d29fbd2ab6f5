/** The program as text, for -p3 and for tests. */
import type { FormatPiece, IrBlock, IrBody, IrGlobal, IrInstruction, IrProbe, IrProgram, IrSite, IterationSort, PrintArgument, RegisterId, ScalarType, StatShape, Value } from '@stapkit/object';

/**
 * Globals, then functions, then probes. A register shows as `r3`, or by the name of the script's
 * variable that lives in it (`x`, or `x.7` where two have that name). Registers of strings show
 * their capacity where it is known and smaller than the string limit.
 */
export function printIr(program: IrProgram): string {
  const parts = [
    program.globals.map(printGlobal),
    ...program.functions.map((one) => {
      const body = new BodyPrinter(program, one.body);
      const params = one.params.map((param) => `${body.name(param)}:${one.body.registers[param]?.type ?? '?'}`).join(', ');
      const head = `${one.pure ? 'pure ' : ''}function ${one.name}(${params})${one.result === undefined ? '' : `:${one.result}`}`;
      return [head, ...body.lines()];
    }),
    ...program.probes.flatMap((probe) => printProbe(program, probe)),
  ];
  return parts.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function printProbe(program: IrProgram, probe: IrProbe): string[][] {
  const name = probe.name === probe.point ? probe.name : `${probe.name} /* ${probe.point} */`;
  const body = [`${probe.where} probe ${name}`, ...new BodyPrinter(program, probe.body).lines()];
  if (probe.entry === undefined) return [body];
  const slots = probe.entry.slots.map((type, slot) => `entry${slot}:${type}`).join(', ');
  return [[`${probe.where} entry of ${name} keeps ${slots}`, ...new BodyPrinter(program, probe.entry.body).lines()], body];
}

function printGlobal(global: IrGlobal): string {
  const capacity = 'capacity' in global ? `<${global.capacity}>` : '';
  switch (global.kind) {
    case 'long': return `global ${global.name}:long = ${global.initial}`;
    case 'string': return `global ${global.name}:string${capacity} = ${quoted(global.initial)}`;
    case 'stat': return `global ${global.name}:${printStat(global.stat)}`;
    case 'array': {
      const keys = global.keys.map((key) => key.type + (key.capacity === undefined ? '' : `<${key.capacity}>`)).join(', ');
      const value = global.stat === undefined ? `${global.value}${capacity}` : printStat(global.stat);
      const marks = [global.maxEntries === undefined ? '' : ` max ${global.maxEntries}`, global.wrap ? ' wraps' : '', global.ordered ? ' ordered' : ''];
      return `global ${global.name}[${keys}]:${value}${marks.join('')}`;
    }
  }
}

function printStat(stat: StatShape): string {
  const parts: string[] = [...stat.functions];
  const { histogram } = stat;
  if (histogram !== undefined) parts.push(histogram.kind === 'log' ? 'hist_log' : `hist_linear ${histogram.low} ${histogram.high} ${histogram.interval}`);
  return `stat{${parts.join(', ')}}`;
}

/** Byte string as the script would write it. */
function quoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '"': '\\"', '\\': '\\\\' };
   
  return `"${text.replace(/[\x00-\x1f"\\\x7f-\xff]/g, (byte) => escapes[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}

export function printSite(site: IrSite | undefined): string {
  if (site === undefined) return '?';
  const text = quoted(site.pieces.map(printPiece).join(''));
  return site.kind === 'script' || site.kind === 'text' ? text : `${site.kind} ${text}`;
}

function printPiece(piece: FormatPiece): string {
  if ('literal' in piece) return piece.literal.replaceAll('%', '%%');
  return `%${piece.flag ?? ''}${piece.width ?? ''}${piece.precision === undefined ? '' : `.${piece.precision}`}${piece.conversion}`;
}

const SYMBOLS: Readonly<Record<string, string>> = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };

class BodyPrinter {
  readonly #program: IrProgram;
  readonly #body: IrBody;
  readonly #names: readonly string[];

  constructor(program: IrProgram, body: IrBody) {
    this.#program = program;
    this.#body = body;
    const count = new Map<string, number>();
    for (const { name } of body.registers) if (name !== undefined) count.set(name, (count.get(name) ?? 0) + 1);
    this.#names = body.registers.map(({ name }, id) => (name === undefined ? `r${id}` : count.get(name) === 1 ? name : `${name}.${id}`));
  }

  name(register: RegisterId): string {
    return this.#names[register] ?? `r${register}?`;
  }

  lines(): string[] {
    const headers = new Map(this.#body.loops.map((loop) => [loop.header, loop.blocks]));
    return this.#body.blocks.flatMap((block, id) => {
      const loop = headers.get(id);
      const marks = [block.onError === undefined ? '' : ` catch b${block.onError}`, loop === undefined ? '' : ` loop {${loop.map((one) => `b${one}`).join(' ')}}`];
      return [`  b${id}:${marks.join('')}`, ...block.instructions.map((one) => `    ${this.#instruction(one)}`), `    ${this.#terminator(block)}`];
    });
  }

  #value = (value: Value): string => {
    if ('register' in value) return this.name(value.register);
    return 'long' in value ? String(value.long) : quoted(value.text);
  };

  #list(values: readonly Value[]): string {
    return values.map(this.#value).join(', ');
  }

  #target(register: RegisterId): string {
    const { type, capacity } = this.#body.registers[register] ?? { type: '?' };
    return `${this.name(register)}:${type}${capacity === undefined ? '' : `<${capacity}>`} = `;
  }

  #global(id: number, keys?: readonly (Value | undefined)[]): string {
    const name = this.#program.globals[id]?.name ?? `global${id}?`;
    return keys === undefined ? name : `${name}[${keys.map((key) => (key === undefined ? '*' : this.#value(key))).join(', ')}]`;
  }

  #args(args: readonly PrintArgument[]): string {
    return args.map((arg) => `, ${this.#argument(arg)}`).join('');
  }

  #argument(arg: PrintArgument): string {
    switch (arg.kind) {
      case 'value': return this.#value(arg.value);
      case 'call': return `${this.#program.functions[arg.function]?.name ?? '?'}(${arg.args.map((one) => this.#argument(one)).join(', ')})`;
      case 'intrinsic': return `${arg.name}(${arg.args.map((one) => this.#argument(one)).join(', ')})`;
      case 'format': return `format(${printSite(this.#program.sites[arg.site])}${this.#args(arg.args)})`;
      case 'histogram': return `histogram(${this.#global(arg.global, arg.keys.length === 0 ? undefined : arg.keys)})`;
    }
  }

  #terminator(block: IrBlock): string {
    const { terminator } = block;
    switch (terminator.kind) {
      case 'jump': return `jump b${terminator.target}`;
      case 'branch': return `branch ${this.#value(terminator.condition)} ? b${terminator.then} : b${terminator.otherwise}`;
      case 'return': return terminator.value === undefined ? 'return' : `return ${this.#value(terminator.value)}`;
      case 'throw': return terminator.aborts === true ? 'abort' : `throw ${this.#value(terminator.message)}`;
    }
  }

  #instruction(one: IrInstruction): string {
    const target = 'dst' in one ? this.#target(one.dst) : '';
    return target + this.#operation(one);
  }

  #operation(one: IrInstruction): string {
    switch (one.op) {
      case 'move': return this.#value(one.src);
      case 'unary': return `${one.fn} ${this.#value(one.src)}`;
      case 'binary': return `${one.fn} ${this.#value(one.a)}, ${this.#value(one.b)}`;
      case 'compare-text': return `text ${this.#value(one.a)} ${SYMBOLS[one.fn] ?? one.fn} ${this.#value(one.b)}`;
      case 'concat': return `concat ${this.#list(one.parts)}`;
      case 'format': return `format ${printSite(this.#program.sites[one.site])}${this.#args(one.args)}`;
      case 'print': return `print ${printSite(this.#program.sites[one.site])}${this.#args(one.args)}`;
      case 'call': return `call ${this.#program.functions[one.function]?.name ?? '?'}(${this.#list(one.args)})`;
      case 'intrinsic': return `${one.name}(${this.#list(one.args)})`;
      case 'load-global': return `load ${this.#global(one.global)}`;
      case 'store-global': return `store ${this.#global(one.global)} = ${this.#value(one.src)}`;
      case 'add-global': return `${one.result === undefined ? '' : `${one.result} of `}add ${this.#global(one.global)} += ${this.#value(one.value)}`;
      case 'clear-global': case 'array-clear': return `clear ${this.#global(one.global)}`;
      case 'array-get': return `load ${this.#global(one.global, one.keys)}`;
      case 'array-set': return `store ${this.#global(one.global, one.keys)} = ${this.#value(one.src)}`;
      case 'array-add': return `${one.result === undefined ? '' : `${one.result} of `}add ${this.#global(one.global, one.keys)} += ${this.#value(one.value)}`;
      case 'array-has': return `has ${this.#global(one.global, one.keys)}`;
      case 'array-delete': return `delete ${this.#global(one.global, one.keys)}`;
      case 'stat-add': return `add ${this.#global(one.global, one.keys)} <<< ${this.#value(one.value)}`;
      case 'stat-get': return `@${one.fn}(${this.#global(one.global, one.keys)})`;
      case 'histogram-get': return `histogram(${this.#global(one.global, one.keys)})[${this.#value(one.index)}]`;
      case 'caught': return 'caught';
      default: return this.#context(one);
    }
  }

  #context(one: IrInstruction): string {
    switch (one.op) {
      case 'iterate': {
        const limit = one.limit === undefined ? '' : ` limit ${this.#value(one.limit)}`;
        return `iterate c${one.iterator} over ${this.#global(one.global, one.slice)}${printSort(one.sort)}${limit}${one.skip === undefined ? '' : ` from ${this.#value(one.skip)}`}`;
      }
      case 'advance': {
        const value = one.value === undefined ? '' : ` value ${this.name(one.value)}`;
        return `${this.name(one.more)} = advance c${one.iterator} to [${one.keys.map((key) => this.name(key)).join(', ')}]${value}`;
      }
      case 'read-argument': return `argument ${one.index} as ${printScalar(one.type)}`;
      case 'read-register': return `${one.of === 'user' ? 'user ' : ''}register ${one.register}`;
      case 'read-return': return `return value as ${printScalar(one.type)}`;
      case 'save-entry': return `save entry${one.slot} = ${this.#value(one.value)}`;
      case 'read-entry': return `entry${one.slot}`;
      case 'save-frame': return `save frame${one.stack}[${this.#value(one.depth)}].${one.slot} = ${this.#value(one.value)}`;
      case 'load-frame': return `frame${one.stack}[${this.#value(one.depth)}].${one.slot}`;
      case 'field-address': return `address ${this.#value(one.base)}${this.#field(one.field)}`;
      case 'read-memory': return `read ${one.space} ${printScalar(one.type)} at ${this.#value(one.address)}${one.field === undefined ? '' : this.#field(one.field)}`;
      case 'read-bytes': return `read ${one.space} ${this.#value(one.count)} bytes at ${this.#value(one.address)}`;
      case 'read-text': {
        const limit = one.limit === undefined ? '' : ` limit ${this.#value(one.limit)}`;
        return `read ${one.space} text at ${this.#value(one.address)}${limit}${one.fallback === undefined ? '' : ` or ${this.#value(one.fallback)}`}`;
      }
      default: return one.op;
    }
  }

  #field(id: number): string {
    const field = this.#program.fields[id];
    if (field === undefined) return `->field${id}?`;
    return ` -> ${field.root}.${field.path.join('.')}`;
  }
}

function printScalar(type: ScalarType): string {
  const bits = type.bitSize === undefined ? '' : `:${type.bitSize}@${type.bitOffset ?? 0}`;
  return `${type.signed ? 's' : 'u'}${type.bytes * 8}${bits}`;
}

function printSort(sort: IterationSort | undefined): string {
  if (sort === undefined) return '';
  const what = sort.by === 'key' ? `key ${sort.key}` : sort.stat === undefined ? 'value' : `@${sort.stat}`;
  return ` by ${what} ${sort.descending ? 'down' : 'up'}`;
}
