// The data of a release is stored and restored by the documented commands, with all that is deleted in between.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyDelivery } from '../delivery/verify-delivery.js';
import { afterwards } from '../proof/cleanup.js';
import { check, figure } from '../proof/figures.js';
import { read, shell } from './cluster.js';
import { documentedBackup } from './documented.js';
import { install, release, removeAsDocumented, settingsOf, settled, smallRequests } from './release.js';
import { startTraffic, type TrafficOptions } from './traffic.js';

const sendMs = 10_000;
const receivedWithinMs = 60_000;
/** As far as deploy/postgres/after-restore.sql lets each stream go on. */
const restoredBeyond = 1_000_000_000;

export const backUpAndRestore = async (options: TrafficOptions): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-backup-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const here = (script: string): string =>
    script.replaceAll(/parley(?:\.dump|-secret\.yaml)/g, (name) => join(folder, name));
  await install(release, 'k8s/charts/platform', settingsOf(smallRequests));
  const secret = await read('secret/parley', '.data');
  const { load, stop } = await startTraffic(options);
  await sleep(sendMs);
  const { outcomes } = await stop();
  const { users, channels } = load;
  await verifyDelivery({ users, channels, outcomes }, { withinMs: receivedWithinMs });
  const { backup, restore } = documentedBackup();
  await shell(here(backup));
  await removeAsDocumented();
  const began = performance.now();
  await shell(here(restore));
  figure('restored by the documented commands', (performance.now() - began) / 1000, 's');
  check('every pod is ready', await settled());
  check('the Secret is the same', (await read('secret/parley', '.data')) === secret);
  console.log('  … what the clients of before find, which connect by themselves');
  await verifyDelivery({ users, channels, outcomes }, { withinMs: receivedWithinMs, beyond: restoredBeyond });
  for (const { client } of users) await client.close();
};
