/** What a script writes instead of embedded C (man stap, EMBEDDED C): the first of these that the code asks for. */

const EQUIVALENTS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bcurrent\s*->\s*tgid\b|\btask_tgid/, 'pid() gives the process id'],
  [/\bcurrent\s*->\s*pid\b|\btask_pid/, 'tid() gives the thread id'],
  [/\bcurrent\s*->\s*comm\b/, 'execname() gives the name of the process'],
  [/\bcurrent\s*->\s*(real_)?parent\b/, 'ppid() gives the parent, and task_parent() its address'],
  [/\bcurrent_e?uid\b|\bcurrent\s*->\s*cred\b/, 'uid(), euid(), gid() and egid() give the user'],
  [/\bcurrent\s*->/, 'write @cast(task_current(), "task_struct")->MEMBER'],
  [/\b(raw_)?smp_processor_id\b/, 'cpu() gives the processor'],
  [/\bget_cycles\b|\brdtsc/, 'get_cycles() counts'],
  [/\bjiffies\b/, 'jiffies() counts'],
  [/\bktime_get|\bgettimeofday\b|\bgetnstimeofday|\bktime_t\b/, 'gettimeofday_ns() and its like give the time'],
  [/\bSTAP_PRINTF\b|\b_stp_printf?\b|\b_stp_print\b|\bprintk\b/, 'printf(...) prints'],
  [/\bSTAP_ERROR\b|\blast_error\b/, 'error(...) raises an error'],
  [/\bSTAP_GLOBAL_[GS]ET_/, 'the script language reads and writes its globals by name'],
  [/\bSTAP_NEXT\b/, "'next' goes on with the next overload"],
  [/\b(kread|deref|kderef|probe_kernel_read|copy_from_kernel_nofault)\b/, 'kernel_long(ADDRESS) and its like, or @cast(ADDRESS, "TYPE")->MEMBER, read memory'],
  [/\b(uread|uderef|copy_from_user|strncpy_from_user|__get_user|get_user)\b/, 'user_string(ADDRESS), user_long(ADDRESS) and their like read memory of the process'],
  [/\bsizeof\s*\(/, '@cast_sizeof("TYPE") gives the size of a type'],
  [/\b(ntoh|hton)[sl]l?\b|\bbe(16|32|64)_to_cpu\b/, 'ntohs(), ntohl() and ntohll() turn bytes around'],
  [/\bcontainer_of\s*\(/, '&@cast(0, "TYPE")->MEMBER gives the offset of a member'],
  [/\bstrl?c(py|at)\b|\bsn?printf\b/, 'sprintf(...) and the operator . make strings'],
  [/^\s*(?:\/\*.*?\*\/\s*)*[A-Z_][A-Z0-9_]*\s*$/s, '@const("NAME") gives numbers, and enumerators that the kernel\'s type information has'],
  [/^\s*#\s*include\b/m, 'leave it out: types come from the type information of the kernel and of programs'],
];

export function equivalentOf(code: string): string {
  return EQUIVALENTS.find(([pattern]) => pattern.test(code))?.[1] ?? 'write it in the script language';
}
