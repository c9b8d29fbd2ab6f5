#!/usr/bin/env node
import "../dist/strace-open.js";
