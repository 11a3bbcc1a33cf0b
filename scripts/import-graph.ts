// Which source files of a folder import which, and the circles among them.
import { readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';

/** The relative imports of each file. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const imported = /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'(\.[^']+)';/gm;

/** Every `.ts` file below `root`, with the relative imports that lead to another of them. Types count like values. */
export const readImports = (root: string): ImportGraph => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split('\\').join('/'))
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules/'));
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const targets = [...readFileSync(posix.join(root, file), 'utf8').matchAll(imported)].map(([, target = '']) =>
        posix.join(posix.dirname(file), target).replace(/\.js$/, '.ts'),
      );
      return [file, [...new Set(targets)].filter((target) => known.has(target))];
    }),
  );
};

/** The circles: groups of files of which each leads to every other (Tarjan's strongly connected components of two and more). */
export const circlesIn = (graph: ImportGraph): string[][] => {
  /** The lowest index that each file leads to, among those that are still open. */
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    const index = lowest.size;
    let low = index;
    lowest.set(file, index);
    open.push(file);
    for (const next of graph.get(file) ?? []) {
      const reached = lowest.get(next) ?? visit(next);
      if (open.includes(next)) low = Math.min(low, reached);
    }
    lowest.set(file, low);
    if (low === index) {
      const members = open.splice(open.indexOf(file));
      if (members.length > 1) circles.push(members);
    }
    return low;
  };
  for (const file of graph.keys()) if (!lowest.has(file)) visit(file);
  return circles;
};
