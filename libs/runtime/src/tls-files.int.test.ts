import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '@parley/testing';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig } from './config.js';
import { tlsFilesOf, tlsVariables } from './tls-files.js';
import { unknownVariables } from './variables.js';

const Schema = z.object(tlsVariables('PARLEY_NATS'));
const certificates = makeCertificates();
const folder = mkdtempSync(join(tmpdir(), 'parley-tls-files-'));
afterAll(() => {
  certificates.remove();
  rmSync(folder, { recursive: true, force: true });
});

const read = (environment: Record<string, string>) => tlsFilesOf('PARLEY_NATS', readConfig(Schema, environment));
const mistakesIn = (environment: Record<string, string>): readonly string[] => {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
};
const fileWith = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const { caFile, certFile, keyFile } = certificates.client;

test('files of an authority and of a client are given back as paths', () => {
  expect(read({})).toBeUndefined();
  expect(read({ PARLEY_NATS_CA_FILE: caFile })).toEqual({ caFile });
  const all = { PARLEY_NATS_CA_FILE: caFile, PARLEY_NATS_CERT_FILE: certFile, PARLEY_NATS_KEY_FILE: keyFile };
  expect(read(all)).toEqual({ caFile, certFile, keyFile });
  expect(unknownVariables({ ...all, PARLEY_NATS_CAS_FILE: caFile })).toMatchObject([{ name: 'PARLEY_NATS_CAS_FILE' }]);
});

test.each([
  ['a certificate without its key', { CERT: certFile }, 'PARLEY_NATS_KEY_FILE: is missing'],
  ['a key without its certificate', { KEY: keyFile }, 'PARLEY_NATS_CERT_FILE: is missing'],
  ['a file that is not there', { CA: join(folder, 'none') }, 'PARLEY_NATS_CA_FILE: the file cannot be read (ENOENT)'],
  ['an authority that is a key', { CA: keyFile }, 'PARLEY_NATS_CA_FILE: expected certificates in PEM form'],
  [
    'a key that is a certificate',
    { CERT: certFile, KEY: certFile },
    'PARLEY_NATS_KEY_FILE: expected an unencrypted key in PEM form',
  ],
  [
    'the key of another certificate',
    { CERT: certFile, KEY: certificates.nats.keyFile },
    'PARLEY_NATS_KEY_FILE: is not the key of the certificate of PARLEY_NATS_CERT_FILE',
  ],
  [
    'an encrypted key',
    {
      CERT: certFile,
      KEY: fileWith(
        'encrypted.key',
        generateKeyPairSync('ec', {
          namedCurve: 'P-256',
          publicKeyEncoding: { type: 'spki', format: 'pem' },
          privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
        }).privateKey,
      ),
    },
    'PARLEY_NATS_KEY_FILE: expected an unencrypted key in PEM form',
  ],
])('%s is one mistake', (_what, files, mistake) => {
  const environment = Object.entries(files).map(([kind, file]) => [`PARLEY_NATS_${kind}_FILE`, file]);
  const [first, ...others] = mistakesIn(Object.fromEntries(environment));
  expect(first).toContain(mistake);
  expect(others).toEqual([]);
});
