// An SDK client and a browser over HTTPS with a local certificate.
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { chromiumArguments, findChromium, noChromium } from '@parley/testing';
import { chromium, type Page } from 'playwright-core';
import { type AppUser, openInApp, messageWith, sayInApp, signUpInApp } from '../../clients/app.js';
import { root } from '../../root.js';
import { afterwards } from '../proof/cleanup.js';
import { check } from '../proof/figures.js';

/** Signs up, connects, and receives its own message by the subscription. */
const sdkProgram = (url: string): string => `
  import { ParleyClient, signUp } from '@parley/client';
  const url = ${JSON.stringify(url)};
  const tokens = await signUp({ url, username: 'over-https', password: 'correct horse' });
  const client = new ParleyClient({ url, tokens });
  const received = new Promise((resolve) => client.onMessage(({ message }) => resolve(message.content.text)));
  await client.connect();
  const { id } = await client.rest.createChannel({ kind: 'room', title: 'Over HTTPS' });
  await client.attach(id, { after: 0 });
  await client.send(id, 'hello over wss');
  console.log(await received);
  await client.close();`;

/** In a process of its own, since Node reads further authorities when it starts. */
export const trySdk = async (url: string, ca: string): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-https-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'root.crt');
  writeFileSync(file, ca);
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: file };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', sdkProgram(url)], {
    cwd: join(root, 'test'),
    env,
    timeout: 60_000,
  });
  check(`an SDK client sends and receives over wss: ${stdout.trim()}`, stdout.trim() === 'hello over wss');
};

/** The addresses of the sockets that a page opens, and what it complains about. */
const watch = (page: Page): { readonly sockets: string[]; readonly complaints: string[] } => {
  const sockets: string[] = [];
  const complaints: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { sockets, complaints };
};

/** The key of a server's certificate, which is verified, as Chromium names keys. */
const keyOf = async (url: string, ca: string): Promise<string> => {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), servername: host, ca });
  await once(socket, 'secureConnect');
  const { publicKey } = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
};

export const tryBrowser = async (url: string, ca: string, screenshots: string | undefined): Promise<void> => {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.log(`  ${noChromium}`);
    return;
  }
  const profile = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
  afterwards(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  // Instead of an authority in the store of the browser's user; service workers are under it too.
  const trusted = `--ignore-certificate-errors-spki-list=${await keyOf(url, ca)}`;
  const options = {
    executablePath,
    args: [...chromiumArguments(), trusted],
    handleSIGINT: false,
    handleSIGTERM: false,
  };
  const browser = await chromium.launch({ ...options, env: { ...process.env, HOME: profile } });
  afterwards(() => browser.close());
  const open = async (username: string, name: string): Promise<AppUser & ReturnType<typeof watch>> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(90_000);
    const page = await context.newPage();
    return { page, username, name, ...watch(page) };
  };
  const [ada, bob] = [await open('ada-over-https', 'Ada'), await open('bob-over-https', 'Bob')];
  for (const user of [ada, bob]) await signUpInApp(user, url, 'correct horse battery');
  await openInApp(ada, bob.username, bob.name);
  await sayInApp(ada, 'hello over wss');
  await openInApp(bob, ada.username, ada.name);
  await messageWith(bob, 'hello over wss').waitFor();
  check('two people chat in the web client over HTTPS', true);
  const sockets = [...ada.sockets, ...bob.sockets];
  check(
    `their sockets are ${[...new Set(sockets)].join()}`,
    sockets.length > 0 && sockets.every((each) => each.startsWith('wss:')),
  );
  check(
    `the console says nothing ${[...ada.complaints, ...bob.complaints].join('; ')}`,
    ada.complaints.length + bob.complaints.length === 0,
  );
  if (screenshots) await bob.page.screenshot({ path: join(screenshots, 'app-over-https.png') });
  await browser.close();
};
