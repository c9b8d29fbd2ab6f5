#!/usr/bin/env node
// The command of the package that this one depends on, wherever npm put it.
process.argv.splice(2, 0, '--off-cpu');
require('@stapkit/flamegraph/command');
