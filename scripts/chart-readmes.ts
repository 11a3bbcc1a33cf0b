// The README of each chart: what it installs, how, and a table of its values with the comments of values.yaml.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { isMap, isScalar, type Pair, parse, parseDocument, type YAMLMap } from 'yaml';
import { root } from './repository.js';
import { services } from './services.js';

interface Row {
  readonly name: string;
  readonly value: string;
  readonly about: string;
}

/** A comment as the sentence that it is. */
const sentence = (comment: string | null | undefined): string =>
  (comment ?? '')
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();

const keyOf = ({ key }: Pair): { name: string; comment: string | null | undefined } =>
  isScalar(key) ? { name: String(key.value), comment: key.commentBefore } : { name: String(key), comment: null };

/** A map that is written over several lines is described value by value; one on a line is one value. */
const rowsOf = (map: YAMLMap, path: readonly string[] = [], inherited = ''): Row[] =>
  map.items.flatMap((pair, at) => {
    const { name, comment } = keyOf(pair);
    // The parser gives the comment above the first key to the map.
    const about = sentence([at === 0 ? inherited : '', comment ?? ''].join(' '));
    const names = [...path, name];
    const { value } = pair;
    if (isMap(value) && !value.flow) {
      const own = about === '' ? [] : [{ name: names.join('.'), value: '', about }];
      return [...own, ...rowsOf(value, names, value.commentBefore ?? '')];
    }
    return [{ name: names.join('.'), value: asJson(value), about }];
  });

const asJson = (value: unknown): string => {
  const plain = isMap(value) || isScalar(value) || value === null ? value : (value as { toJSON(): unknown });
  return JSON.stringify(plain === null ? null : (plain as { toJSON(): unknown }).toJSON());
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

const tableOf = (rows: readonly Row[]): string =>
  [
    '| value | default | what it is |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ name, value, about }) => `| \`${name}\` | ${value === '' ? '' : `\`${cell(value)}\``} | ${cell(about)} |`,
    ),
  ].join('\n');

const installOf = (chart: string): string =>
  chart === 'platform'
    ? 'helm install parley k8s/charts/platform --namespace parley --create-namespace --wait'
    : `helm upgrade --install ${chart} k8s/charts/${chart} --namespace parley --set global.secret=parley`;

const readmeOf = (chart: string): Promise<string> => {
  const read = (file: string): string => readFileSync(join(root, 'k8s/charts', chart, file), 'utf8');
  const { description } = parse(read('Chart.yaml')) as { description: string };
  const { contents } = parseDocument(read('values.yaml'));
  if (!isMap(contents)) throw new Error(`The values of ${chart} are no map`);
  const folded = contents.commentBefore ?? '';
  const text = `<!-- Made from values.yaml by \`npm run charts -- write\`; do not edit. -->

# ${chart}

${description}

\`\`\`sh
helm dependency update --skip-refresh k8s/charts/${chart}
${installOf(chart)}
\`\`\`

[Operations](../../../docs/operations.md#kubernetes) describes installation, upgrade, scaling and backup, and the Secret that the services read.
${chart === 'platform' ? '' : `The chart [platform](../platform/README.md) installs all five services with their stores.\n`}
## Values

${chart === 'platform' ? `Under \`${services.join('`, `')}\` the values of the chart of that service.\n` : ''}
${tableOf(rowsOf(contents, [], folded))}
`;
  return format(text, { parser: 'markdown', printWidth: 120, singleQuote: true });
};

export const readmeFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const files = new Map<string, string>();
  for (const chart of [...services, 'platform']) files.set(`k8s/charts/${chart}/README.md`, await readmeOf(chart));
  return files;
};
