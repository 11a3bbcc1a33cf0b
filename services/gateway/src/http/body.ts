import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import type { Route } from '../protocol/routes.js';
import { keepBodyText } from '../protocol/body-text.js';
import { hasRepeatedKeys } from '../dialects/repeated-keys.js';
import { badEncoding, nulCharacter, repeatedKey } from './http-errors.js';

const mayHoldNul = new WeakSet<IncomingMessage>();

/** Checks the encoding before parsing: parsers replace bytes that are not UTF-8 instead of refusing them. */
const verify = (request: IncomingMessage, _response: unknown, bytes: Buffer, charset: string): void => {
  if (charset.toLowerCase() !== 'utf-8') throw badEncoding(415);
  if (!isUtf8(bytes)) throw badEncoding();
  if (bytes.includes('\\u0000') || bytes.includes('%00') || bytes.includes(0)) mayHoldNul.add(request);
};

/**
 * The text of bodies that are not parsed yet. Decoded byte by byte: JSON syntax is ASCII, and no other UTF-8 character contains such bytes.
 */
const jsonTexts = new WeakMap<IncomingMessage, string>();
const verifyJson: typeof verify = (request, response, bytes, charset) => {
  verify(request, response, bytes, charset);
  jsonTexts.set(request, bytes.toString('latin1'));
};

// As the old servers read it: a body is JSON if its type says so, or if it has no type.
const isJson = (request: IncomingMessage): boolean => {
  const type = request.headers['content-type'];
  return type === undefined || /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
};

/**
 * Reads the body that a route requires into `request.body`. Refuses U+0000 in the body and in the query, because no store keeps it, and an
 * object with two equal keys, because a proxy may have checked the other one.
 */
export const createBodyReader = (bytesMax: number) => {
  const jsonOptions = { limit: bytesMax, type: isJson, verify: verifyJson };
  const json = express.json({ ...jsonOptions, strict: true });
  const jsonOrNull = express.json({ ...jsonOptions, strict: false });
  const urlencoded = express.urlencoded({ limit: bytesMax, extended: false, verify });
  const fields = multer({ limits: multipartLimits(bytesMax) }).none();
  const form: RequestHandler = (request, response, next) =>
    void (request.is('multipart/form-data') ? fields : urlencoded)(request, response, next);
  const parserOf = ({ bodyType, body }: Route): RequestHandler => {
    if (bodyType === 'form') return form;
    return body?.safeParse(null).success ? jsonOrNull : json;
  };
  return async (request: Request, response: Response, route: Route): Promise<void> => {
    if (/%00/.test(request.originalUrl)) throw nulCharacter();
    if (!route.body) return;
    await run(parserOf(route), request, response);
    const text = jsonTexts.get(request);
    if (text !== undefined && hasRepeatedKeys(text, request.body)) throw repeatedKey();
    // The parser makes an object of it.
    if (text === '') request.body = undefined;
    if (text !== undefined && route.keepsBodyText) keepBodyText(request, Buffer.from(text, 'latin1').toString());
    // A route that dialects share reads the body a second time.
    jsonTexts.delete(request);
    if ((mayHoldNul.has(request) || request.is('multipart/form-data')) && holdsNul(request.body)) throw nulCharacter();
  };
};

const fieldsMax = 16;
const multipartLimits = (bytesMax: number) => ({
  fields: fieldsMax,
  parts: fieldsMax,
  files: 0,
  fieldNameSize: 100,
  fieldSize: Math.floor(bytesMax / fieldsMax),
});

const run = (parser: RequestHandler, request: Request, response: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    void parser(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('The body could not be read', { cause: error }));
    });
  });

/** Without recursion, because the client chooses the depth of what it sends. */
const holdsNul = (value: unknown): boolean => {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (next.includes('\0')) return true;
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, item] of Object.entries(next)) open.push(key, item);
    }
  }
  return false;
};
