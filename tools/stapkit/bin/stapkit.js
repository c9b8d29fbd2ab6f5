#!/usr/bin/env node
import "../dist/stapkit.js";
