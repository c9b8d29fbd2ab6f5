/** Debian 13's kernel for arm64, by `node scripts/guest/arm64-points.mjs`: not among the tests of `npm test`. */
import { arm64Part } from './arm64.part.js';
import { testInGuest } from './parts.js';

testInGuest('6.12', [arm64Part], 'arm64');
