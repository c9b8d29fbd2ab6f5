/**
 * Which Debian suite ships which kernel. `--kernel 6.1` means: the newest
 * kernel of that suite's linux-image-amd64, or linux-image-arm64.
 */
export const KERNELS = {
  '5.10': { suite: 'bullseye' },
  '6.1': { suite: 'bookworm' },
  '6.12': { suite: 'trixie' },
  '7.2': { suite: 'sid' },
};
