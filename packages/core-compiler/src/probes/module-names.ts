/** The module argument of @cast and @var: "kernel", "kernel<linux/sched.h>", "a:b", "<header.h>". */

/** Whether the kernel's own type information is among the places to look in. No module at all means the probe's, and then the kernel's. */
export function namesKernel(module: string | undefined): boolean {
  return module === undefined || module.split(':').some((one) => one === 'kernel' || one.startsWith('kernel<') || one === '<vmlinux.h>');
}
