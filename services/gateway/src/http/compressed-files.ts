import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Request, Response } from 'express';

/** Types of the files that the build has compressed. */
const compressedTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
};

const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/**
 * Sends the compressed form of a file that the client accepts, under the type of the file. Returns false when there is none; `path` begins
 * with a slash and stays below `folder`.
 */
export const sendCompressed = (
  request: Request,
  response: Response,
  folder: string,
  path: string,
  maxAgeMs: number,
): boolean => {
  const type = compressedTypes[/\.([a-z]+)$/.exec(path)?.[1] ?? ''];
  if (type === undefined) return false;
  response.vary('Accept-Encoding');
  const accepted = request.acceptsEncodings('br', 'gzip');
  const ending = encodings.find(([name]) => name === accepted)?.[1];
  const file = join(folder, path + ending);
  if (ending === undefined || !existsSync(file)) return false;
  response.set({ 'Content-Encoding': accepted as string, 'Content-Type': type });
  response.sendFile(file, { maxAge: maxAgeMs, immutable: maxAgeMs > 0 });
  return true;
};
