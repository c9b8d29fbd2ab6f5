/** Names of error numbers, as errno_str() prints them. */
import { errnoMeaning, errnoName as nameOf } from '../sys/errno.js';

/** Numbers that stay inside the kernel (include/linux/errno.h) but that probes on its functions and system calls see. */
const KERNEL_NAMES: Readonly<Record<number, string>> = {
  512: 'ERESTARTSYS', 513: 'ERESTARTNOINTR', 514: 'ERESTARTNOHAND', 515: 'ENOIOCTLCMD', 516: 'ERESTART_RESTARTBLOCK',
  517: 'EPROBE_DEFER', 518: 'EOPENSTALE', 519: 'ENOPARAM', 521: 'EBADHANDLE', 522: 'ENOTSYNC', 523: 'EBADCOOKIE',
  524: 'ENOTSUPP', 525: 'ETOOSMALL', 526: 'ESERVERFAULT', 527: 'EBADTYPE', 528: 'EJUKEBOX', 529: 'EIOCBQUEUED',
  530: 'ERECALLCONFLICT', 531: 'ENOGRACE',
};

/** "ENOENT" for 2; "" for a number without a name. */
export function errnoName(value: bigint): string {
  if (value <= 0n || value > 4095n) return '';
  const number = Number(value);
  return KERNEL_NAMES[number] ?? (errnoMeaning(number) === '' ? '' : nameOf(number));
}
