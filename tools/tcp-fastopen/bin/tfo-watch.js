#!/usr/bin/env node
import "../dist/tfo-watch.js";
