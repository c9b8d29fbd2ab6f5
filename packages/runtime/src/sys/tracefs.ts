/** Where tracefs is mounted: its own place since Linux 4.1, and that below debugfs. */
export const TRACEFS_MOUNTS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
