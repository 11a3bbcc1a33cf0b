// Prints the section of CHANGELOG.md of the version in package.json: the notes of a release.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sectionOf } from './changelog.js';
import { end } from './command-line.js';
import { root } from './repository.js';

const read = (name: string): string => readFileSync(join(root, name), 'utf8');

const { version } = JSON.parse(read('package.json')) as { version: string };
const notes = sectionOf(read('CHANGELOG.md'), version);
if (notes) end(0, notes);
else end(1, `CHANGELOG.md has no section "## ${version}".`);
