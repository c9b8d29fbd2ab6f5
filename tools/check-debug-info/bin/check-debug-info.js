#!/usr/bin/env node
// The bundle starts three times as fast as the separate modules; a checkout that was only type-built has the latter.
const { existsSync } = require('node:fs');
const bundle = require('node:path').join(__dirname, '../dist/bundle/start.cjs');
if (existsSync(bundle)) require(bundle).start('check-debug-info');
else import('../dist/check-debug-info.js');
