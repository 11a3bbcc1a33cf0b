import { GatewayConfig, openListsWarning } from '@parley/gateway';
import { readConfig } from '@parley/runtime';
import { expect, test } from 'vitest';
import { bannerLines } from './banner.js';

const about = { url: 'http://127.0.0.1:8000', folder: '/srv/parley', sampleData: true };
const toOthers = /--host 0\.0\.0\.0/;

test('C17: what listens on loopback, as by default, says in one line how others can connect', () => {
  const lines = bannerLines({ ...about, host: '127.0.0.1' });
  expect(lines.filter((line) => toOthers.test(line))).toHaveLength(1);
  for (const host of ['0.0.0.0', '::', '192.0.2.7']) {
    expect(bannerLines({ ...about, host }).filter((line) => toOthers.test(line))).toEqual([]);
  }
});

test('W0.3: what others may see without a token is said where they can connect, and how to close it', () => {
  const warningsOf = (environment: Record<string, string>) => {
    const warning = openListsWarning(readConfig(GatewayConfig, environment));
    const lines = bannerLines({
      ...about,
      host: environment['HOST'] ?? '',
      warnings: warning === null ? [] : [warning],
    });
    return lines.filter((line) => /WARNING.*\/clients and \/topics.*PARLEY_SWIFTY_TOKENS_REQUIRED=true/.test(line))
      .length;
  };
  for (const HOST of ['0.0.0.0', '::', '192.0.2.7', 'parley.example']) {
    expect([HOST, warningsOf({ HOST })]).toEqual([HOST, 1]);
    expect([HOST, warningsOf({ HOST, PARLEY_SWIFTY_TOKENS_REQUIRED: 'true' })]).toEqual([HOST, 0]);
  }
  for (const HOST of ['127.0.0.1', '::1', 'localhost']) expect([HOST, warningsOf({ HOST })]).toEqual([HOST, 0]);
});
