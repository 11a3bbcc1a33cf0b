// Tables of environment variables in Markdown, from the zod schemas that read them.
import type { z } from 'zod';
import { expectedValue, rangeOf } from './expected-value.js';

type Schema = z.ZodObject | z.ZodPipe<z.ZodObject>;

type SchemaName =
  | 'BusVariables'
  | 'ServiceVariables'
  | 'AuthConfig'
  | 'TopicsConfig'
  | 'ChatConfig'
  | 'SignalingConfig'
  | 'MigrationVariables'
  | 'GatewayConfig'
  | 'StandaloneConfig';

interface Section {
  readonly name: string;
  readonly schema: Schema;
  readonly differs?: boolean;
}

/**
 * The sections of docs/configuration.md, in their order, with the schema of each table. `differs`: the section lists only what no earlier
 * one explains in the same words. `schemas`: what services and libs/process export, by name.
 */
export const sectionsOf = (schemas: Readonly<Record<SchemaName, Schema>>): readonly Section[] => [
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
export const writeTables = (markdown: string, sections: readonly Section[]): string => {
  const explained = new Set<string>();
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

const shapeOf = (schema: Schema): Readonly<Record<string, z.ZodType>> => ('in' in schema ? schema.in : schema).shape;

const rowOf = (name: string, variable: z.ZodType): string => {
  const { description, defaultText } = (variable.meta() ?? {}) as { description?: string; defaultText?: string };
  if (!description) throw new Error(`${name} has no description: add .describe(…) to its schema`);
  const cells = [`\`${name}\``, defaultText ?? defaultOf(name, variable), valuesOf(variable), description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
};

const defaultOf = (name: string, variable: z.ZodType): string => {
  const { success, data } = variable.safeParse(undefined);
  if (!success) return 'required';
  if (typeof data === 'number') return numberText(name, data);
  if (typeof data === 'boolean') return String(data);
  const text = Array.isArray(data) ? data.join() : typeof data === 'string' ? data : '';
  return text === '' ? 'none' : `\`${text}\``;
};

const mebibyte = 1024 * 1024;

const numberText = (name: string, value: number): string => {
  if (/(^|_)PORT$/.test(name)) return String(value);
  const digits = value.toLocaleString('en-US');
  return name.includes('_BYTES_') && value % mebibyte === 0 ? `${digits} (${value / mebibyte} MiB)` : digits;
};

const valuesOf = (variable: z.ZodType): string => {
  const expected = expectedValue(variable);
  if (expected === undefined) return '';
  const range = rangeOf(expected);
  if (range) return `${range.min.toLocaleString('en-US')} to ${range.max.toLocaleString('en-US')}`;
  return expected.replace(/^one of /, '').replaceAll('<', '\\<');
};

const replaceBetweenMarks = (text: string, section: string, table: string): string => {
  const [start, end] = [`<!-- variables: ${section} -->`, '<!-- end -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`the text has no place for ${section}: ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${table}\n\n${text.slice(to)}`;
};
