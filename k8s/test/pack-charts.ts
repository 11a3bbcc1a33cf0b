import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A copy of the charts with what they depend on inside, where every test finds it. */
export const setup = (): void => {
  const helm = process.env['PARLEY_HELM'] ?? 'helm';
  const folder = mkdtempSync(join(tmpdir(), 'parley-charts-'));
  cpSync(fileURLToPath(new URL('../charts', import.meta.url)), folder, { recursive: true });
  for (const chart of ['auth', 'topics', 'chat', 'signaling', 'gateway', 'platform'])
    execFileSync(helm, ['dependency', 'update', '--skip-refresh', join(folder, chart)], { stdio: 'pipe' });
  process.env['PARLEY_HELM'] = helm;
  process.env['PARLEY_PACKED_CHARTS'] = folder;
};

export const teardown = (): void => rmSync(process.env['PARLEY_PACKED_CHARTS'] ?? '', { recursive: true, force: true });
