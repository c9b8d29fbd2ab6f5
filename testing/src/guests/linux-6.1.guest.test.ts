/** Debian 12's kernel, of which this machine has debug information; the guest has none. */
import { aliasesPart } from './aliases.part.js';
import { corpusPart } from './corpus.part.js';
import { kernelFunctionsPart } from './kernel-functions.part.js';
import { nfsPart, rootPart, scsiPart } from './module-aliases.part.js';
import { networkPart } from './network.part.js';
import { onlyWhenAsked, testInGuest } from './parts.js';
import { placesPart } from './places.part.js';
import { seedsPart } from './seeds.part.js';
import { stapusrPart } from './stapusr.part.js';
import { toolsPart } from './tools.part.js';

// What comes first is slowest: the other processor has the guests of the other kernels meanwhile.
testInGuest('6.1', [corpusPart, kernelFunctionsPart, seedsPart, placesPart, aliasesPart, nfsPart, scsiPart, rootPart, stapusrPart, toolsPart, ...onlyWhenAsked(networkPart)]);
