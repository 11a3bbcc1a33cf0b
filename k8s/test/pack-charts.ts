import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const charts = fileURLToPath(new URL('../charts', import.meta.url));
const services = ['auth', 'topics', 'chat', 'signaling', 'gateway'];

/** A copy of the charts with what they depend on inside, unpacked, where every test finds it. */
export const setup = (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-charts-'));
  // Without what `helm dependency update` has packed there: those copies may be older.
  const filter = (path: string): boolean => !path.endsWith('.tgz');
  const copy = (chart: string, to: string): void =>
    cpSync(join(charts, chart), join(folder, to), { recursive: true, filter });
  copy('platform', 'platform');
  copy('service-lib', 'platform/charts/service-lib');
  for (const service of services) {
    for (const to of [service, `platform/charts/${service}`]) {
      copy(service, to);
      copy('service-lib', `${to}/charts/service-lib`);
    }
  }
  process.env['PARLEY_HELM'] ??= 'helm';
  process.env['PARLEY_PACKED_CHARTS'] = folder;
};

export const teardown = (): void => rmSync(process.env['PARLEY_PACKED_CHARTS'] ?? '', { recursive: true, force: true });
