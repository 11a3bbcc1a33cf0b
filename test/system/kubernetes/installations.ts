// The other ways to install, each from an empty namespace.
import { check } from '../proof/figures.js';
import { checkRestarts, settled } from './release.js';

export const installed = async (what: string): Promise<void> => {
  check(`${what}: every pod is ready`, await settled());
  await checkRestarts(what);
};

export const installations: Readonly<Record<string, () => Promise<void>>> = {};
