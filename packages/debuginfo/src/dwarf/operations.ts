/** The operations of location expressions, DWARF 5 section 2.5 and 2.6, with GNU's own. */

export type StackOperation = 'dup' | 'drop' | 'over' | 'swap' | 'rot';
export type ArithmeticOperation =
  | 'abs' | 'and' | 'div' | 'minus' | 'mod' | 'mul' | 'neg' | 'not' | 'or' | 'plus' | 'shl' | 'shr' | 'shra' | 'xor'
  | 'eq' | 'ge' | 'gt' | 'le' | 'lt' | 'ne';

interface At {
  /** Bytes from the start of the expression: what branches go to. */
  readonly offset: number;
  /** DW_OP_*. */
  readonly opcode: number;
}

/** Types and DIEs are given as DWARF gives them: `type` and `unitDie` from the start of the unit, `die` from the start of .debug_info. */
export type Operation = At & (
  /** DW_OP_lit*, DW_OP_const*: pushes a value; negative for signed forms. */
  | { readonly kind: 'constant'; readonly value: bigint }
  /** DW_OP_addr: a link-time address, to be biased where the file is loaded elsewhere. */
  | { readonly kind: 'address'; readonly address: bigint }
  /** DW_OP_addrx, DW_OP_GNU_addr_index: an address of .debug_addr. */
  | { readonly kind: 'address-index'; readonly index: number }
  /** DW_OP_constx, DW_OP_GNU_const_index: a constant of .debug_addr, not to be biased. */
  | { readonly kind: 'constant-index'; readonly index: number }
  /** DW_OP_reg*, DW_OP_regx: the object is the register. Numbers are DWARF's: registers.ts. */
  | { readonly kind: 'register'; readonly register: number }
  /** DW_OP_breg*, DW_OP_bregx: pushes register + addend. */
  | { readonly kind: 'register-offset'; readonly register: number; readonly addend: bigint }
  /** DW_OP_fbreg: pushes the frame base (DW_AT_frame_base of the function) + addend. */
  | { readonly kind: 'frame-base'; readonly addend: bigint }
  /** DW_OP_call_frame_cfa: pushes the CFA, which the call frame tables tell. */
  | { readonly kind: 'call-frame-cfa' }
  | { readonly kind: 'stack'; readonly operation: StackOperation }
  /** DW_OP_pick: pushes the entry that is `index` below the top. */
  | { readonly kind: 'pick'; readonly index: number }
  /** DW_OP_deref, DW_OP_deref_size, and the DW_OP_xderef forms, which take an address space from the stack. */
  | { readonly kind: 'dereference'; readonly size: number; readonly hasAddressSpace: boolean; readonly type?: number }
  | { readonly kind: 'arithmetic'; readonly operation: ArithmeticOperation }
  /** DW_OP_plus_uconst. */
  | { readonly kind: 'add'; readonly addend: bigint }
  /** DW_OP_skip, DW_OP_bra (taken when the popped entry is not 0). `target` is an offset of this expression, its end included. */
  | { readonly kind: 'branch'; readonly target: number; readonly isConditional: boolean }
  /** DW_OP_call2, DW_OP_call4 (unitDie), DW_OP_call_ref (die): runs the location of another DIE. */
  | { readonly kind: 'call'; readonly unitDie?: number; readonly die?: number }
  | { readonly kind: 'nop' }
  | { readonly kind: 'push-object-address' }
  /** DW_OP_form_tls_address, DW_OP_GNU_push_tls_address: the popped offset in this module's thread-local block. */
  | { readonly kind: 'thread-local' }
  /** DW_OP_piece, DW_OP_bit_piece: what came before locates the next `bits` bits, from `bitOffset` in it; nothing before: they are not to be had. */
  | { readonly kind: 'piece'; readonly bits: number; readonly bitOffset: number }
  /** DW_OP_implicit_value: the object's bytes. */
  | { readonly kind: 'implicit-value'; readonly bytes: Uint8Array }
  /** DW_OP_stack_value: the object's value, not its address, is on the stack. */
  | { readonly kind: 'stack-value' }
  /** DW_OP_implicit_pointer: the object is a pointer into another DIE's object that has no address. */
  | { readonly kind: 'implicit-pointer'; readonly die: number; readonly addend: bigint }
  /** DW_OP_entry_value, DW_OP_GNU_entry_value: the value that this had when the function was entered. A single `register` means its contents. */
  | { readonly kind: 'entry-value'; readonly expression: readonly Operation[] }
  /** DW_OP_GNU_parameter_ref: what the caller passed for that parameter. */
  | { readonly kind: 'parameter-reference'; readonly unitDie: number }
  /** DW_OP_const_type, DW_OP_GNU_const_type. */
  | { readonly kind: 'typed-constant'; readonly type: number; readonly bytes: Uint8Array }
  /** DW_OP_regval_type, DW_OP_GNU_regval_type: pushes the register's contents as a value of that type. */
  | { readonly kind: 'typed-register'; readonly register: number; readonly type: number }
  /** DW_OP_convert, DW_OP_reinterpret; type 0 is the generic type. */
  | { readonly kind: 'convert'; readonly type: number; readonly isReinterpretation: boolean }
  /** DW_OP_GNU_variable_value: pushes the value of that DIE's object. */
  | { readonly kind: 'variable-value'; readonly die: number }
  /** DW_OP_GNU_uninit: the object is not initialized yet. */
  | { readonly kind: 'uninitialized' }
);
export type OperationKind = Operation['kind'];

/** Omit that keeps a union a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An operation without its place. */
export type OperationBody = Without<Operation, 'offset' | 'opcode'>;
