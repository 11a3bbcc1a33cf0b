// The tests that `npm test` leaves out (`*.slow.int.test.ts`, docs/adr/0072): they start services, stacks or programs of their own, several times or
// for long. CI runs them after `npm test`.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../root.js';
import { prove } from './proof/cleanup.js';
import { check, finish } from './proof/figures.js';
import { readOptions } from './proof/options.js';
import { runVitest } from './proof/run-tests.js';

const bundledWithinMs = 180_000;

const { positionals } = readOptions({}, ['file…']);

await prove(
  async () => {
    // They start services from these (docs/adr/0063).
    const bundles = join(root, 'services/standalone/dist/build/test-bundles.js');
    execFileSync(process.execPath, [bundles], { stdio: 'inherit', timeout: bundledWithinMs });
    const code = await runVitest(['--config', 'slow.config.ts', ...positionals], {}, 'inherit');
    check('none fails', code === 0);
  },
  { withinMs: 1_200_000 },
);
finish();
