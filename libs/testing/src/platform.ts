import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataParent } from './data-parent.js';
import { folderPrefix, own } from './stale-servers.js';
import { freePort } from './free-port.js';
import { serviceProcess } from './service-process.js';
import { startStack } from './stack.js';

/** The deployment forms of Parley; every journey runs on each of them. */
export const platformForms = ['standalone', 'stack', 'stack-twice'] as const;
export type PlatformForm = (typeof platformForms)[number];

/** A complete Parley as its users see it: one URL per gateway. */
export interface Platform extends AsyncDisposable {
  readonly form: PlatformForm;
  readonly urls: readonly string[];
  /** URL of its bus; standalone embeds its own. */
  readonly natsUrl?: string;
  /** Where each of its processes serves `/metrics`. */
  readonly healthUrls: readonly string[];
  stop(): Promise<void>;
}

const twice = { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 };

/** Starts real processes from the build (`npm run build`) and resolves when they are ready. */
export const startPlatform = async (
  form: PlatformForm,
  environment: Readonly<Record<string, string>> = {},
): Promise<Platform> => {
  if (form === 'standalone') return startStandalone(environment);
  const stack = await startStack({ environment, ...(form === 'stack-twice' ? { scale: twice } : {}) });
  const healthUrls = [...stack.processes.values()].map(({ healthUrl }) => healthUrl);
  const { urls, nats, stop } = stack;
  return { form, urls, natsUrl: nats.url, healthUrls, stop, [Symbol.asyncDispose]: stop };
};

/** Standalone as one process. `said` is what it has written so far. */
export const startStandalone = async (
  environment: Readonly<Record<string, string>> = {},
): Promise<Platform & { said(): string }> => {
  const folder = mkdtempSync(join(dataParent({ durable: false, shared: false }), `${folderPrefix}standalone-`));
  own(folder);
  // As root, PostgreSQL runs as another user, which needs access to the folder; otherwise its data would be placed outside and remain.
  chmodSync(folder, 0o755);
  const logFile = join(folder, 'standalone.log');
  const port = await freePort();
  const alone = await serviceProcess({
    service: 'standalone',
    name: 'standalone',
    environment: { ...environment, PORT: String(port), PARLEY_FOLDER: join(folder, 'parley') },
    logFile,
  });
  const stop = async (): Promise<void> => {
    await alone.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await alone.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const urls = [`http://127.0.0.1:${port}`];
  const said = (): string => readFileSync(logFile, 'utf8');
  return { form: 'standalone', urls, healthUrls: [alone.healthUrl], said, stop, [Symbol.asyncDispose]: stop };
};
