// The images of a release: docker-bake.hcl builds what the compose file and the charts run, and the workflow publishes it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stackServices } from '@parley/testing';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
const bake = textOf('docker-bake.hcl');

/** The strings of a list in the file, in its order. */
const listOf = (name: string): string[] => {
  const [, list = ''] = new RegExp(`^ *${name} +=[^\\[\\n]*\\[([^\\]]*)\\]`, 'm').exec(bake) ?? [];
  return [...list.matchAll(/"([^"]*)"/g)].map(([, each = '']) => each);
};

test('every service is built for both platforms, with SBOM and provenance', () => {
  expect(listOf('matrix').sort()).toEqual([...stackServices].sort());
  expect(listOf('platforms')).toEqual(['linux/amd64', 'linux/arm64']);
  expect(listOf('attest')).toEqual(['type=sbom', 'type=provenance,mode=max']);
});

test('it names each argument that the Dockerfile has without a default that fits', () => {
  const [, ...images] = textOf('Dockerfile').split(/^FROM /m);
  const given = [...(/args = \{([^}]*)\}/.exec(bake)?.[1] ?? '').matchAll(/^ +([A-Z]+) /gm)].map(([, name]) => name);
  const wanted = [...(images.at(-1) ?? '').matchAll(/^ARG ([A-Z]+)/gm)].map(([, name]) => name);
  expect(given.sort()).toEqual(wanted.sort());
});

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly needs?: string; readonly permissions?: object; readonly steps?: readonly Step[] }>
  >;
}

test('the release pushes them after the checks, and reads the attestations of each platform back', () => {
  const { images } = (parse(textOf('.github/workflows/release.yml')) as Workflow).jobs;
  expect(images?.needs).toBe('check');
  expect(images?.permissions).toMatchObject({ packages: 'write', 'id-token': 'write' });
  const bakes = images?.steps?.find(({ uses }) => uses?.startsWith('docker/bake-action@'));
  expect(bakes?.with).toMatchObject({ files: 'docker-bake.hcl', push: true });
  const read = images?.steps?.at(-1)?.run ?? '';
  for (const service of stackServices) expect(read).toContain(` ${service}`);
  expect(read).toMatch(/sbom\[platform\][^\n]+provenance\[platform\]/);
});
