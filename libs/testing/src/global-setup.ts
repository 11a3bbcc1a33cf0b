import { serverVariables, whyNoServers } from './binaries.js';
import type { RunningServer } from './server-process.js';
import { shareCluster } from './postgres-server.js';
import { serverBinaries, startNats, startPostgres, startRedis } from './servers.js';

/**
 * Runs once per test run: starts the shared servers, and passes their URLs to the tests through the inherited environment. Resolves with
 * what stops them; undefined where their programs are missing.
 */
export default async (): Promise<(() => Promise<void>) | undefined> => {
  // vitest.config.ts has excluded the tests that need servers, and has logged it.
  if ((await whyNoServers()) !== undefined) return undefined;
  const removeCluster = await shareCluster(await serverBinaries());
  const wanted: [string, () => Promise<RunningServer>][] = [
    [serverVariables.postgresUrl, startPostgres],
    [serverVariables.natsUrl, startNats],
    [serverVariables.redisUrl, startRedis],
  ];
  const started = await Promise.all(
    wanted
      .filter(([variable]) => process.env[variable] === undefined)
      .map(async ([variable, start]) => {
        const server = await start();
        process.env[variable] = server.url;
        return { variable, server };
      }),
  );
  return async () => {
    await Promise.all(started.map(({ server }) => server.stop()));
    for (const { variable } of started) delete process.env[variable];
    removeCluster();
  };
};
