#!/usr/bin/env node
// npm links this file before anything is compiled, so it is not the compiled one.
import '../dist/src/main.js';
