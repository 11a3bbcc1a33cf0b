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

/** The smallest first. */
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
  // Browsers name gzip first, with the same weight: what is smaller is sent.
  const encoding = encodings.find(([name]) => request.acceptsEncodings(name) !== false);
  const file = join(folder, path + encoding?.[1]);
  if (encoding === undefined || !existsSync(file)) return false;
  response.set({ 'Content-Encoding': encoding[0], 'Content-Type': type });
  response.sendFile(file, { maxAge: maxAgeMs, immutable: maxAgeMs > 0 });
  return true;
};
