import type { Request, Response } from 'express';
import { mountPathOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import { packageVersion } from '../package.js';

/** `GET /`: a page with links for browsers; for other clients the JSON of the old servers, with more endpoints. */
export const createStartPage = (mounts: readonly Mount[]) => {
  const page = pageOf(mounts);
  const endpoints = { ...common, ...Object.fromEntries(mounts.flatMap((mount) => Object.entries(mount.endpoints))) };
  return (request: Request, response: Response): void => {
    response.vary('Accept');
    if (request.accepts(['json', 'html']) === 'html') response.type('html').send(page);
    else response.json({ message: 'Parley', version: packageVersion, endpoints });
  };
};

const common = {
  health: '/health',
  docs: '/docs',
  redoc: '/redoc',
  openapi: '/openapi.json',
  asyncapi: '/asyncapi.json',
  openrpc: '/openrpc.json',
  app: '/app/',
  test: '/test',
};

const pageOf = (mounts: readonly Mount[]): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Parley</title>
    <link rel="icon" href="/static/icon.svg" />
    <link rel="stylesheet" href="/static/parley.css" />
    <link rel="stylesheet" href="/static/start.css" />
  </head>
  <body>
    <main>
      <h1><img src="/static/icon.svg" alt="" />Parley</h1>
      <p class="hint">This server is running. Where to go from here:</p>
      <ul class="places">
        <li class="first"><a href="/app/">Open Parley</a><span class="hint">Sign up, and talk in rooms, groups and direct messages.</span></li>
        <li><a href="/test">Rooms</a><span class="hint">Sign in, pick a room, talk: open it twice to see both sides.</span></li>
        <li><a href="/static/chat.html">Conversations</a><span class="hint">The same between their participants alone.</span></li>
        <li><a href="/docs">API</a><span class="hint">Every REST operation, to read and to try.</span></li>
        <li><a href="/redoc">Reference</a><span class="hint">The same and the sockets, to read on one page.</span></li>
        <li><a href="/asyncapi.json">Sockets</a><span class="hint">Every frame of every socket, as AsyncAPI.</span></li>
        <li><a href="/health">Health</a><span class="hint">What a load balancer asks.</span></li>
      </ul>
      <h2>What is spoken here</h2>
      <ul class="wires">
${mounts.map(itemOf).join('\n')}
      </ul>
    </main>
  </body>
</html>
`;

const itemOf = (mount: Mount): string =>
  `        <li><b>${escapeHtml(mount.title)}</b><span class="hint">realm <code>${escapeHtml(mount.realm)}</code>, also under <code>${mountPathOf(mount)}</code></span></li>`;

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
