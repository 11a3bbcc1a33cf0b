// Which source files of a folder import which, and the circles among them.
import { readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';

const imported = /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'(\.[^']+)';/gm;

/** Every `.ts` file below `root`, with the relative imports that lead to another of them. Types count like values. */
export const readImports = (root) => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split('\\').join('/'))
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules/'));
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const targets = [...readFileSync(posix.join(root, file), 'utf8').matchAll(imported)].map(([, target]) =>
        posix.join(posix.dirname(file), target).replace(/\.js$/, '.ts'),
      );
      return [file, [...new Set(targets)].filter((target) => known.has(target))];
    }),
  );
};

/** The circles: groups of files of which each leads to every other (Tarjan's strongly connected components of two and more). */
export const circlesIn = (graph) => {
  const indexOf = new Map();
  const lowest = new Map();
  const open = [];
  const circles = [];
  const visit = (file) => {
    indexOf.set(file, indexOf.size);
    lowest.set(file, indexOf.get(file));
    open.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!indexOf.has(next)) visit(next);
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file), lowest.get(next)));
    }
    if (lowest.get(file) !== indexOf.get(file)) return;
    const members = open.splice(open.indexOf(file));
    if (members.length > 1) circles.push(members);
  };
  for (const file of graph.keys()) if (!indexOf.has(file)) visit(file);
  return circles;
};
