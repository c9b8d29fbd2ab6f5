#!/usr/bin/env node
import "../dist/stapkit-run.js";
