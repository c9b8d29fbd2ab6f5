/** Debian 11's kernel: no attach cookies, no bpf_loop, no types of modules' functions. */
import { aliasesPart } from './aliases.part.js';
import { corpusPart } from './corpus.part.js';
import { flamegraphPart } from './flamegraph.part.js';
import { rootPart } from './module-aliases.part.js';
import { networkPart } from './network.part.js';
import { onlyWhenAsked, testInGuest } from './parts.js';
import { placesPart } from './places.part.js';
import { toolsPart } from './tools.part.js';

testInGuest('5.10', [corpusPart, placesPart, flamegraphPart, ...[toolsPart, networkPart, aliasesPart, rootPart].flatMap(onlyWhenAsked)]);
