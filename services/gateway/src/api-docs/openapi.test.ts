import { describe, expect, test } from 'vitest';
import type { Dialect } from '../protocol/dialect.js';
import { openApiOf } from './openapi.js';
import { mountPathOf } from '../dialects/registry.js';
import { allMounts, routeDepsOf } from '../testing/route-deps.js';

type Json = Record<string, unknown>;
const document = JSON.parse(JSON.stringify(openApiOf(allMounts, routeDepsOf, '1.2.3'))) as {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Json>>;
  components: { schemas: Json };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Json;
}

describe('the document', () => {
  test('has every route of every wire, with its answers and who may call', () => {
    for (const wire of allMounts) {
      for (const route of wire.dialect.routes(routeDepsOf(wire))) {
        const native = route.path.replace(/:(\w+)/g, '{$1}');
        const shown = [native, mountPathOf(wire) + native].map((path) => document.paths[path]?.[route.method]);
        const operation = shown.find((one) => (one?.tags as string[] | undefined)?.[0] === wire.dialect.name);
        expect(operation, `${wire.dialect.name} ${route.method} ${route.path}`).toBeDefined();
        if (route.access === 'account') expect(operation?.security).toEqual([{ [wire.dialect.name]: [] }]);
        expect(Object.keys(operation?.responses as Json)).toEqual(
          expect.arrayContaining([...Object.keys(route.responses), '503', 'default']),
        );
        expect('requestBody' in operation!).toBe(route.body !== undefined);
      }
    }
  });

  test('has what belongs to no wire, a tag for each wire, and an operation for each tag', () => {
    for (const path of ['/', '/health', '/.well-known/jwks.json', '/docs/errors', '/test', '/static/chat.html']) {
      expect(document.paths[path]?.get?.tags, path).toEqual(['parley']);
    }
    const tags = document.tags.map(({ name }) => name);
    expect(tags).toEqual([...allMounts.map(({ dialect }) => dialect.name), 'parley']);
    for (const tag of tags) {
      expect(
        operations.some(({ operation }) => (operation.tags as string[]).includes(tag)),
        tag,
      ).toBe(true);
    }
  });

  test('names the range of the numbers in a query, up to the largest that JavaScript counts to', () => {
    const parametersOf = (path: string): Parameter[] => document.paths[path]?.get?.parameters as Parameter[];
    for (const path of ['/v1/directs', '/v1/mentions', '/v1/channels/{id}/messages']) {
      const before = parametersOf(path).find(({ name }) => name === 'before');
      expect(before?.schema, path).toMatchObject({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
    }
    const cursor = parametersOf('/v1/accounts').find(({ name }) => name === 'cursor');
    expect('0').toMatch(new RegExp(String(cursor?.schema.pattern)));
  });

  test('describes nothing that no route answers', () => {
    const routed = new Set(
      allMounts.flatMap((wire) =>
        wire.dialect
          .routes(routeDepsOf(wire))
          .flatMap(({ method, path }) =>
            ['', mountPathOf(wire)].map((mount) => `${method} ${mount}${path.replace(/:(\w+)/g, '{$1}')}`),
          ),
      ),
    );
    const described = operations.filter(({ operation }) => (operation.tags as string[])[0] !== 'parley');
    for (const { path, method } of described) expect(routed).toContain(`${method} ${path}`);
  });

  test('is OpenAPI 3.1: unique operations, every path name described, every answer described, every reference there', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const parameters = ((operation.parameters ?? []) as Parameter[]).filter((each) => !('$ref' in each));
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name).sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, n]) => n).sort());
      expect(inPath.every(({ required }) => required)).toBe(true);
      for (const parameter of parameters) expect(parameter.schema).toBeTypeOf('object');
      for (const answer of Object.values(operation.responses as Record<string, Json>)) {
        expect(answer.description).toBeTypeOf('string');
      }
    }
    const text = JSON.stringify(document);
    expect(text).not.toContain('#/$defs/');
    expect(text).not.toContain('"$schema"');
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');
    for (const name of references) expect(document.components.schemas).toHaveProperty(name);
  });

  test('shows the second of two wires with one path under its own mount', () => {
    const [first] = allMounts;
    const twin = { ...first!, dialect: { ...first!.dialect, name: 'mesh' } as Dialect };
    const { paths } = openApiOf([first!, twin], routeDepsOf, '1.2.3');
    expect(paths['/v1/sessions']?.post?.tags).toEqual(['v1']);
    expect(paths['/wires/mesh/v1/sessions']?.post?.tags).toEqual(['mesh']);
  });
});
