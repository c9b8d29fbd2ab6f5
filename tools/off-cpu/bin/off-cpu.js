#!/usr/bin/env node
// flamegraph lies beside this package, in a checkout as where npm installs them.
process.argv.splice(2, 0, '--off-cpu');
require('../../flamegraph/bin/flamegraph.js');
