import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from '@parley/runtime';

export interface BannerOptions {
  readonly url: string;
  readonly host: string;
  readonly folder: string;
  readonly sampleData: boolean;
  /** What others on the network could do; shown after a start. */
  readonly warnings?: readonly string[];
}

const networkUrls = (url: string): string[] => {
  const { port } = new URL(url);
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => `http://${address}:${port}`);
};

/** What a user at a terminal needs after a start, one item per line. */
export const bannerLines = ({ url, host, folder, sampleData, warnings = [] }: BannerOptions): string[] => {
  const everywhere = host === '0.0.0.0' || host === '::';
  const lines = [`Parley is ready: ${url}`];
  if (everywhere) lines.push(`  network    ${networkUrls(url).join(' ')}`);
  lines.push(`  web client ${url}/app/`, `  chat page  ${url}/test`, `  API docs   ${url}/docs`);
  lines.push(
    sampleData
      ? '  sign in    user1 with password123, a sample account'
      : '  sign in    register an account on the chat page',
  );
  lines.push(`  data       ${folder}`);
  if (isLoopbackHost(host))
    lines.push('  Only this machine can connect; start with --host 0.0.0.0 to listen for others.');
  lines.push(...warnings.map((warning) => `  WARNING    ${warning}.`));
  lines.push('  Ctrl-C stops it.');
  return lines;
};

/** For a server with sample users that is reachable by others. */
export const sampleDataWarnings = [
  'WARNING: this server listens beyond loopback and has sample users with published passwords.',
  'WARNING: start it without PARLEY_SAMPLE_DATA on a new folder before anybody else can reach it.',
];
