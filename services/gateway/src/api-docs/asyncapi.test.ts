import { describe, expect, test } from 'vitest';
import { asyncApiOf } from './asyncapi.js';
import { mountsOf } from '../dialects/registry.js';

const mounts = mountsOf({ dialectRealms: {}, v1Realms: [] });
type Json = Record<string, unknown>;
const document = JSON.parse(JSON.stringify(asyncApiOf(mounts, '1.2.3'))) as Json & {
  channels: Record<string, { address: string; parameters?: Json; messages: Record<string, { $ref: string }> }>;
  operations: Record<string, { action: string; channel: { $ref: string }; messages: { $ref: string }[] }>;
  components: { messages: Record<string, { payload: Json; contentType: string }> };
};

/** Resolves `#/a/b` in the document. */
const at = (reference: string): unknown =>
  reference
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);

const every = (value: unknown, visit: (object: Json) => void): void => {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Json);
  for (const child of Object.values(value)) every(child, visit);
};

describe('the document of the sockets', () => {
  const withSocket = mounts.filter(({ dialect }) => dialect.socket);

  test('has every wire that has a socket, at an address that the wire takes', () => {
    expect(Object.keys(document.channels).sort()).toEqual(withSocket.map(({ dialect }) => dialect.name).sort());
    for (const { dialect } of withSocket) {
      const { address } = document.channels[dialect.name]!;
      expect(dialect.socket!.match(address.replace(/\{\w+\}/g, '1')), address).not.toBeNull();
    }
  });

  test('is AsyncAPI 3.1: what must be there is there, every name is one, every reference leads somewhere', () => {
    expect(document.asyncapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(document.servers).toMatchObject({ gateway: { host: expect.any(String), protocol: 'ws' } });
    const names = [document.channels, document.operations, document.components.messages].flatMap(Object.keys);
    for (const name of names) expect(name).toMatch(/^[\w.-]+$/);
    for (const { address, parameters = {} } of Object.values(document.channels)) {
      expect(Object.keys(parameters)).toEqual([...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
    let references = 0;
    every(document, ({ $ref }) => {
      if (typeof $ref !== 'string') return;
      references++;
      expect(at($ref), $ref).toBeTypeOf('object');
    });
    expect(references).toBeGreaterThan(50);
    expect(JSON.stringify(document)).not.toContain('"$schema"');
  });

  test('says of every wire what clients say and what they hear, each with a schema', () => {
    for (const { dialect } of withSocket) {
      for (const action of ['receive', 'send']) {
        const operation = document.operations[`${dialect.name}.${action}`]!;
        expect(operation).toMatchObject({ action, channel: { $ref: `#/channels/${dialect.name}` } });
        expect(operation.messages.length).toBeGreaterThan(0);
        for (const { $ref } of operation.messages) expect(at($ref)).toHaveProperty('$ref');
      }
    }
    for (const [name, { payload, contentType }] of Object.entries(document.components.messages)) {
      expect(contentType).toMatch(/^(application\/json|text\/plain)$/);
      expect(Object.keys(payload), name).not.toEqual([]);
    }
  });

  test('shows examples that are what their schemas say', () => {
    for (const { dialect } of mounts) {
      const { clientMessages, serverMessages } = dialect.documents.socket;
      for (const [key, { schema, example }] of [...Object.entries(clientMessages), ...Object.entries(serverMessages)]) {
        const read = schema.safeParse(example);
        expect(read.success, `${dialect.name} ${key}: ${read.error?.message}`).toBe(true);
      }
    }
  });
});
