/**
 * How the aliases decode a parameter, by the kinds that tables/syscall-decoding.tsv names. Each kind gives
 * `lines`, statements that set the alias's variables, and `text`: a format and its values for argstr.
 * `separate: false`: the format has its own comma, for parameters that are shown at times only.
 */
const plain = (format) => (parameter, variable) => ({ lines: [`${variable} = $${parameter}`], format, values: [variable] });

export const KINDS = {
  /** A number: VARIABLE. */
  int: plain('%d'),
  unsigned: plain('%u'),
  hex: plain('%#x'),
  octal: plain('%#o'),
  /** An address: VARIABLE_uaddr. */
  pointer: (parameter, variable) => ({ lines: [`${variable}_uaddr = $${parameter}`], format: '%p', values: [`${variable}_uaddr`] }),
  /** A text in user memory: VARIABLE in quotes, VARIABLE_unquoted. */
  path: (parameter, variable) => ({
    lines: [`${variable} = user_string_quoted($${parameter})`, `${variable}_unquoted = user_string($${parameter}, "<unknown>")`],
    format: '%s', values: [variable],
  }),
  /** A file descriptor of a directory: VARIABLE, VARIABLE_str. */
  directory: (parameter, variable) => ({ lines: [`${variable} = $${parameter}`, `${variable}_str = _dfd_str($${parameter})`], format: '%s', values: [`${variable}_str`] }),
  /** Bits by a set of tables/flags.tsv: VARIABLE, VARIABLE_str. */
  flags: (parameter, variable, [set]) => ({ lines: [`${variable} = $${parameter}`, `${variable}_str = _${set}_str($${parameter})`], format: '%s', values: [`${variable}_str`] }),
  /** Permissions, shown when the flags parameter creates a file. */
  'open-mode': (parameter, variable, [flags]) => ({ lines: [`${variable} = $${parameter}`], format: '%s', values: [`_open_mode_str($${flags}, ${variable})`], separate: false }),
  /** Bytes in user memory, as many as another parameter says: VARIABLE_uaddr, VARIABLE_str. */
  buffer: (parameter, variable, [count]) => ({
    lines: [`${variable}_uaddr = $${parameter}`, `${variable}_str = user_buffer_quoted($${parameter}, $${count}, 32)`],
    format: '%s', values: [`${variable}_str`],
  }),
  /** struct sockaddr: VARIABLE_uaddr, uaddr_af, uaddr_ip, uaddr_ip_port. */
  sockaddr: (parameter, variable) => ({
    lines: [
      `${variable}_uaddr = $${parameter}`,
      `__family = _sockaddr_family($${parameter})`,
      `__port = ntohs(user_uint16($${parameter} + 2))`,
      `__address4 = user_uint32($${parameter} + 4)`,
      `__high = __family == 10 ? user_int64($${parameter} + 8) : 0`,
      `__low = __family == 10 ? user_int64($${parameter} + 16) : 0`,
      `__path = __family == 1 ? user_string_n($${parameter} + 2, 108, "") : ""`,
      `uaddr_af = _sock_family_str(__family)`,
      `uaddr_ip = _sockaddr_ip_str(__family, __address4, __high, __low)`,
      `uaddr_ip_port = _sockaddr_port_str(__family, __port)`,
    ],
    format: '%s', values: [`_sockaddr_str(${variable}_uaddr, __family, __port, __address4, __high, __low, __path)`],
  }),
  /** A vector of texts, NULL at its end: VARIABLE. */
  strings: (parameter, variable) => ({ lines: [`${variable} = _argv_str($${parameter})`], format: '%s', values: [variable] }),
  /** The same, as the number of its texts: VARIABLE_str. */
  environment: (parameter, variable) => ({ lines: [`${variable}_str = _env_str($${parameter})`], format: '%s', values: [`${variable}_str`] }),
  /** struct open_how of openat2: VARIABLE_uaddr, flags, flags_str, mode, resolve, resolve_str. */
  'open-how': (parameter, variable) => ({
    lines: [
      `${variable}_uaddr = $${parameter}`, `flags = user_uint64($${parameter})`, `mode = user_uint64($${parameter} + 8)`, `resolve = user_uint64($${parameter} + 16)`,
      'flags_str = _sys_open_flag_str(flags)', 'resolve_str = _resolve_flags_str(resolve)',
    ],
    format: '{flags=%s, mode=%#o, resolve=%s}', values: ['flags_str', 'mode', 'resolve_str'],
  }),
};
