/** For benchmarks and supervisors: with STAPKIT_NOTIFY_ARMED set, a line on stderr says that the probes are armed. */
export function announceArmed(): void {
  if (process.env['STAPKIT_NOTIFY_ARMED'] !== undefined) process.stderr.write('__STAPKIT_ARMED\n');
}
