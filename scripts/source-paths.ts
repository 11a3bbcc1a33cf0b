// Which part of the repository a file belongs to.
import { relative, sep } from 'node:path';
import { root } from './repository.js';

export type PathCheck = (file: string) => boolean;

export const pathOf = (file: string): string => relative(root, file).split(sep).join('/');
export const isTest = (file: string): boolean =>
  /\.(test|suite)\.ts$|\/src\/testing\//.test(file) || file.startsWith('test/');
export const under =
  (...folders: string[]): PathCheck =>
  (file) =>
    folders.some((folder) => file.startsWith(folder));
export const matching =
  (pattern: RegExp): PathCheck =>
  (file) =>
    pattern.test(file);
export const anyOf =
  (...checks: PathCheck[]): PathCheck =>
  (file) =>
    checks.some((check) => check(file));
