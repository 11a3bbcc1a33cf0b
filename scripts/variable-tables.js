// Tables of environment variables in Markdown, from the zod schemas that read them.

/**
 * The sections of docs/configuration.md, in their order, with the schema of each table. `differs`: the section lists only what no earlier
 * one explains in the same words. `schemas`: what services and libs/process export, by name.
 */
export const sectionsOf = (schemas) => [
  { name: 'every-process', schema: schemas.BusVariables },
  { name: 'every-database', schema: schemas.ServiceVariables, differs: true },
  { name: 'auth', schema: schemas.AuthConfig },
  { name: 'topics', schema: schemas.TopicsConfig },
  { name: 'chat', schema: schemas.ChatConfig },
  { name: 'signaling', schema: schemas.SignalingConfig },
  { name: 'migration', schema: schemas.MigrationVariables, differs: true },
  { name: 'gateway', schema: schemas.GatewayConfig },
  { name: 'standalone', schema: schemas.StandaloneConfig, differs: true },
];

/**
 * `markdown` with the tables of `sections` between `<!-- variables: <section> -->` and the next `<!-- end -->`. Throws for a section without
 * its marks and for a variable without description.
 */
export const writeTables = (markdown, sections) => {
  const explained = new Set();
  let text = markdown;
  for (const section of sections) {
    const rows = Object.entries(shapeOf(section.schema)).map(([name, variable]) => rowOf(name, variable));
    const shown = section.differs ? rows.filter((row) => !explained.has(row)) : rows;
    for (const row of rows) explained.add(row);
    text = replaceBetweenMarks(text, section.name, [...heading, ...shown].join('\n'));
  }
  return text;
};

const heading = ['| variable | default | values | means |', '| - | - | - | - |'];

const shapeOf = (schema) => (schema.in ?? schema).shape;

const rowOf = (name, variable) => {
  const { description, defaultText } = variable.meta() ?? {};
  if (!description) throw new Error(`${name} has no description: add .describe(…) to its schema`);
  const cells = [`\`${name}\``, defaultText ?? defaultOf(name, variable), valuesOf(variable), description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
};

const defaultOf = (name, variable) => {
  const { success, data } = variable.safeParse(undefined);
  if (!success) return 'required';
  if (data === undefined || data.length === 0) return 'none';
  if (typeof data === 'number') return numberText(name, data);
  return typeof data === 'boolean' ? String(data) : `\`${data}\``;
};

const mebibyte = 1024 * 1024;

const numberText = (name, value) => {
  if (/(^|_)PORT$/.test(name)) return String(value);
  const digits = value.toLocaleString('en-US');
  return name.includes('_BYTES_') && value % mebibyte === 0 ? `${digits} (${value / mebibyte} MiB)` : digits;
};

/** What the schema says that it expects when it is given something else; nothing when it takes any text. */
const valuesOf = (variable) => {
  // No variable takes it: every other text would be right for some.
  const { error } = variable.safeParse('\0');
  const expected = /^is not usable; expected (.+)$/.exec(error?.issues[0]?.message ?? '')?.[1];
  if (expected === undefined) return '';
  const range = /^a (?:whole )?number from (\d+) to (\d+)$/.exec(expected);
  if (range) return `${Number(range[1]).toLocaleString('en-US')} to ${Number(range[2]).toLocaleString('en-US')}`;
  return expected.replace(/^one of /, '').replaceAll('<', '\\<');
};

const replaceBetweenMarks = (text, section, table) => {
  const [start, end] = [`<!-- variables: ${section} -->`, '<!-- end -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`the text has no place for ${section}: ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${table}\n\n${text.slice(to)}`;
};
