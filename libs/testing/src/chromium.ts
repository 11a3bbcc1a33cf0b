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

/** The browser that is installed already, named by `CHROME_PATH` or found on the `PATH`; none is downloaded. undefined: there is none. */
export const findChromium = (): string | undefined => {
  const { CHROME_PATH: named, PATH = '' } = process.env;
  const places = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...(named ? [named] : []), ...places].find(isProgram);
};

export const noChromium =
  'There is no Chromium here: install Debian’s package `chromium` or Google Chrome, or set CHROME_PATH to one.';

/** Without network of its own, and without a graphics card. */
export const chromiumArguments = (): string[] => [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // As root there is no other way; what is shown comes from this machine.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
