import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** An installed browser, named by `CHROME_PATH` or found on the `PATH`; none is downloaded. undefined: there is none. */
export const findChromium = (): string | undefined => {
  const { CHROME_PATH: named, PATH = '' } = process.env;
  const places = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...(named ? [named] : []), ...places].find(isProgram);
};

export const noChromium =
  'There is no Chromium here: install Debian’s package `chromium` or Google Chrome, or set CHROME_PATH to one.';

/** Disables the browser's own network requests and the GPU. */
export const chromiumArguments = (): string[] => [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium does not run as root with its sandbox; the pages come from this machine.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
