import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumArguments, findChromium, noChromium } from '@parley/testing';
import { type Browser, chromium } from 'playwright-core';
import { afterwards } from '../proof/cleanup.js';

/** With a profile of its own; says in one line what to install where there is none. */
export const startChromium = async (): Promise<Browser> => {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.error(noChromium);
    process.exit(1);
  }
  const profile = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
  afterwards(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  const args = chromiumArguments();
  const options = { executablePath, args, headless: true, handleSIGINT: false, handleSIGTERM: false };
  const browser = await chromium.launch({ ...options, env: { ...process.env, HOME: profile } });
  afterwards(() => browser.close());
  return browser;
};
