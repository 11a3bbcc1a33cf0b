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
