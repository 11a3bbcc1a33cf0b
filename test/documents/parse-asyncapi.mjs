// Prints the diagnostics of an AsyncAPI document and fails when there are any.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'));
for (const { code, message, path } of diagnostics) console.log(`${code}: ${message} at ${path.join('.')}`);
console.log(`${diagnostics.length} diagnostics`);
if (!document || diagnostics.length > 0) process.exit(1);
