/** Which CPUs there are, from /sys/devices/system/cpu. */
import { type Kernel, readText } from './kernel.js';

/** "0-3,8" as [0, 1, 2, 3, 8]. Throws on anything else. */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (match === null) throw new Error(`"${text}" is not a list of CPUs such as "0-3,8"`);
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}

/** How many values a per-CPU map holds a key (num_possible_cpus() of the kernel): not the CPUs that are online, and not the highest number plus one. */
export function possibleCpuCount(kernel: Kernel): number {
  return cpuList(kernel, 'possible').length;
}

export function onlineCpus(kernel: Kernel): readonly number[] {
  return cpuList(kernel, 'online');
}

function cpuList(kernel: Kernel, name: string): number[] {
  const path = `/sys/devices/system/cpu/${name}`;
  const text = readText(kernel, path);
  if (text === undefined) throw new Error(`cannot read ${path}; is sysfs mounted on /sys? (mount -t sysfs sysfs /sys)`);
  return parseCpuList(text);
}
