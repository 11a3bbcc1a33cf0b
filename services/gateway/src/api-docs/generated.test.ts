// Files that are generated from the sources and committed. `npm run generate` writes them; this test fails when one is not fresh.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';
import openapiTS, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { mountsOf } from '../dialects/registry.js';
import { sdkDocumentOf } from './sdk-document.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const formatted = async (file: string, text: string): Promise<string> =>
  format(text, { ...(await resolveConfig(root + file)), filepath: root + file });

const typesOf = async (): Promise<string> => {
  const v1 = mountsOf({ dialectRealms: {}, v1Realms: [] }).find(({ dialect }) => dialect.name === 'v1');
  if (!v1) throw new Error('v1 is not mounted');
  const ast = await openapiTS(JSON.stringify(sdkDocumentOf(v1, '0.0.0')), { immutable: true, silent: true });
  // The tags are those of JSON Schema, which TypeDoc does not know.
  const text = astToString(ast)
    .replaceAll(/^ *\/\*\* @constant \*\/\n/gm, '')
    .replaceAll('@description ', '');
  return `// Generated from the schemas of the gateway by \`npm run generate\`. Do not edit.\n\n${text}`;
};

const pageOf = async (): Promise<string> => {
  const marked = new Marked();
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${text.toLowerCase().replace(/\W+/g, '_')}">${this.parser.parseInline(tokens)}</h${depth}>`;
      },
    },
  });
  const body = await marked.parse(readFileSync(`${root}docs/errors.md`, 'utf8'));
  return `<!doctype html>
<!-- Generated from docs/errors.md by npm run generate. Do not edit. -->
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>Errors · Parley</title>
<link rel="icon" href="/static/icon.svg" />
<link rel="stylesheet" href="/static/parley.css" />
<link rel="stylesheet" href="/static/errors.css" />
</head>
<body><main>${body}</main></body>
</html>`;
};

test.each([
  ['libs/client/src/protocol.generated.ts', typesOf],
  ['services/gateway/public/errors.html', pageOf],
])('%s is fresh', async (file, generate) => {
  await expect(await formatted(file, await generate())).toMatchFileSnapshot(root + file);
});
