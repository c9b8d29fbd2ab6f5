/**
 * How the aliases decode a parameter, by the kinds that tables/syscall-decoding.tsv names. Each kind gives `lines`, statements that set
 * the alias's variables, and a format with `values` for argstr. `separate: false`: the format has its own comma, for parameters that are
 * shown at times only.
 *
 * A kind that is not in KINDS is TYPE or TYPE:SET or TYPE:SET:MORE. TYPE says how the register is read (TYPES). SET is a set of
 * tables/flags.tsv or a function _SET_str() of stp/aux_syscalls.stp, which makes a text of the value (and MORE): VARIABLE_str, or the
 * variable that is named behind.
 */
const TYPES = {
  int: { reads: 'int', format: '%d' },
  uint: { reads: 'uint', format: '%u' },
  long: { reads: 'long', format: '%d' },
  ulong: { reads: 'ulong', format: '%u' },
  hex: { format: '%#x' },
  octal: { reads: 'uint', format: '%#o' },
  /** A number that is an address. */
  address: { reads: 'ulong', format: '%p' },
  /** An address of something. */
  pointer: { reads: 'ulong', format: '%p' },
};

/** C types that are these on every kernel. Others, which a kernel's types may not have, are read from the register. */
const C_TYPES = {
  int: /^(?:const )?int$/,
  uint: /^(?:const )?unsigned(?: int)?$/,
  long: /^(?:const )?long$/,
  ulong: /^(?:const )?(?:unsigned long|size_t)$|\*/,
};

/** The parameter's value as the kernel's declaration has it, or as another type where SystemTap reads it so. */
function read({ name, type, number }, as) {
  return as === undefined || C_TYPES[as].test(type) ? `$${name}` : `${as}_arg(${number})`;
}

function plain(parameter, kind, variable, [text]) {
  const [type, set, more] = kind.split(':');
  const how = TYPES[type];
  if (how === undefined) return undefined;
  const line = `${variable} = ${read(parameter, how.reads)}`;
  if (set === undefined) return { lines: [line], format: how.format, values: [variable] };
  const named = text ?? `${variable}_str`;
  return { lines: [line, `${named} = _${set}_str(${[variable, ...(more === undefined ? [] : [more])].join(', ')})`], format: '%s', values: [named] };
}

const KINDS = {
  /** Known, and not shown. */
  hidden: ({ name }, variable) => ({ lines: [`${variable} = $${name}`], format: '', values: [], separate: false }),
  /** A text in user memory: VARIABLE in quotes, VARIABLE_unquoted; its address, where SystemTap has a variable for it. */
  path: ({ name }, variable, [address]) => ({
    lines: [...(address === undefined ? [] : [`${address} = $${name}`]), `${variable} = user_string_quoted($${name})`, `${variable}_unquoted = user_string($${name}, "<unknown>")`],
    format: '%s', values: [variable],
  }),
  /** A file descriptor of a directory: VARIABLE, VARIABLE_str. */
  dir: (parameter, variable) => ({ lines: [`${variable} = ${read(parameter, 'int')}`, `${variable}_str = _dfd_str(${variable})`], format: '%s', values: [`${variable}_str`] }),
  /** Permissions, shown when the flags parameter creates a file. */
  'open-mode': ({ name }, variable, [flags]) => ({ lines: [`${variable} = $${name}`], format: '%s', values: [`_open_mode_str($${flags}, ${variable})`], separate: false }),
  /** struct mq_attr, shown when the flags parameter creates a queue. */
  'mq-attr': ({ name }, variable, [flags]) => ({ lines: [`${variable} = $${name}`], format: '%s', values: [`_created_pointer_str($${flags}, ${variable})`], separate: false }),
  /** Bytes in user memory, as many as another parameter says: VARIABLE_uaddr, VARIABLE_str. */
  buffer: ({ name }, variable, [count]) => ({
    lines: [`${variable}_uaddr = $${name}`, `${variable}_str = user_buffer_quoted($${name}, $${count}, 32)`],
    format: '%s', values: [`${variable}_str`],
  }),
  /** struct sockaddr: VARIABLE_uaddr, uaddr_af, uaddr_ip, uaddr_ip_port. */
  sockaddr: ({ name }, variable) => ({
    lines: [
      `${variable}_uaddr = $${name}`,
      `__family = _sockaddr_family($${name})`,
      `__port = ntohs(user_uint16($${name} + 2))`,
      `__address4 = user_uint32($${name} + 4)`,
      `__high = __family == 10 ? user_int64($${name} + 8) : 0`,
      `__low = __family == 10 ? user_int64($${name} + 16) : 0`,
      `__path = __family == 1 ? user_string_n($${name} + 2, 108, "") : ""`,
      'uaddr_af = _sock_family_str(__family)',
      'uaddr_ip = _sockaddr_ip_str(__family, __address4, __high, __low)',
      'uaddr_ip_port = _sockaddr_port_str(__family, __port)',
    ],
    format: '%s', values: [`_sockaddr_str(${variable}_uaddr, __family, __port, __address4, __high, __low, __path)`],
  }),
  /** A vector of texts, NULL at its end: VARIABLE. */
  strings: ({ name }, variable) => ({ lines: [`${variable} = _argv_str($${name})`], format: '%s', values: [variable] }),
  /** The same, as the number of its texts: VARIABLE_str. */
  environment: ({ name }, variable) => ({ lines: [`${variable}_str = _env_str($${name})`], format: '%s', values: [`${variable}_str`] }),
  /** struct utimbuf: VARIABLE_uaddr, actime, modtime. */
  utimbuf: ({ name }, variable) => ({
    lines: [`${variable}_uaddr = $${name}`, `actime = user_int64($${name})`, `modtime = user_int64($${name} + 8)`],
    format: '[%s, %s]', values: ['ctime(actime)', 'ctime(modtime)'],
  }),
  /** struct clone_args of clone3: VARIABLE_uaddr, clone_flags, clone_flags_str. */
  'clone-args': ({ name }, variable) => ({
    lines: [`${variable}_uaddr = $${name}`, `clone_flags = user_uint64($${name})`, `__signal = user_uint64($${name} + 32)`, 'clone_flags_str = _clone_flags_str(clone_flags | __signal)'],
    format: '{flags=%s}', values: ['clone_flags_str'],
  }),
  /** struct open_how of openat2: VARIABLE_uaddr, flags, flags_str, mode, resolve, resolve_str. */
  'open-how': ({ name }, variable) => ({
    lines: [
      `${variable}_uaddr = $${name}`, `flags = user_uint64($${name})`, `mode = user_uint64($${name} + 8)`, `resolve = user_uint64($${name} + 16)`,
      'flags_str = _sys_open_flag_str(flags)', 'resolve_str = _resolve_flags_str(resolve)',
    ],
    format: '{flags=%s, mode=%#o, resolve=%s}', values: ['flags_str', 'mode', 'resolve_str'],
  }),
};

/** @param parameter its name, C type and number from 1; undefined for a kind that there is not */
export function decoded(parameter, kind, variable, more) {
  return KINDS[kind]?.(parameter, variable, more) ?? plain(parameter, kind, variable, more);
}
