// Prints the section of CHANGELOG.md of the version in package.json: the notes of a release.
import { readFileSync } from 'node:fs';
import { sectionOf } from './changelog.js';
import { end } from './command-line.js';

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

const { version } = JSON.parse(read('package.json'));
const notes = sectionOf(read('CHANGELOG.md'), version);
if (notes) end(0, notes);
else end(1, `CHANGELOG.md has no section "## ${version}".`);
