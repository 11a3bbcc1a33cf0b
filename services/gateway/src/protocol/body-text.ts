import type { IncomingMessage } from 'node:http';

const texts = new WeakMap<IncomingMessage, string>();

export const keepBodyText = (request: IncomingMessage, text: string): void => void texts.set(request, text);

/** The body of a request as JSON text, for a route with `keepsBodyText`. */
export const bodyTextOf = (request: IncomingMessage): string => texts.get(request) ?? '';
