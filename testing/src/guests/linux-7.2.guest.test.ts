/** The newest kernel that Debian has. */
import { aliasesPart } from './aliases.part.js';
import { corpusPart } from './corpus.part.js';
import { flamegraphPart } from './flamegraph.part.js';
import { nfsPart, rootPart, scsiPart } from './module-aliases.part.js';
import { networkPart } from './network.part.js';
import { onlyWhenAsked, testInGuest } from './parts.js';
import { placesPart } from './places.part.js';
import { toolsPart } from './tools.part.js';

testInGuest('7.2', [corpusPart, placesPart, flamegraphPart, toolsPart, ...[networkPart, aliasesPart, nfsPart, scsiPart, rootPart].flatMap(onlyWhenAsked)]);
