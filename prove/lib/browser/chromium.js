// The browser that is installed already; none is downloaded.
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterwards } from '../cleanup.js';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const findChromium = () => {
  const { CHROME_PATH: named, PATH = '' } = process.env;
  const places = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...(named ? [named] : []), ...places].find(isProgram);
};

/** With a profile of its own; says in one line what to install where there is none. */
export const startChromium = async () => {
  const executablePath = findChromium();
  if (!executablePath) {
    console.error(
      'There is no Chromium here: install Debian’s package `chromium` or Google Chrome, or set CHROME_PATH to one.',
    );
    process.exit(1);
  }
  const profile = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
  afterwards(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  const args = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // As root there is no other way; what is shown comes from this machine.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  const options = { executablePath, args, headless: true, handleSIGINT: false, handleSIGTERM: false };
  const browser = await chromium.launch({ ...options, env: { ...process.env, HOME: profile } });
  afterwards(() => browser.close());
  return browser;
};
