import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { withCurrentNames } from './variables.js';

/** All mistakes in the environment, one per line, without any value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    const [first, ...others] = mistakes;
    super(
      others.length === 0
        ? `The configuration is wrong: ${first}`
        : ['The configuration is wrong:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n'),
    );
    this.mistakes = mistakes;
  }
}

/**
 * Parses the environment with a schema. An empty variable counts as absent, since compose files unset a variable that way. `<NAME>_FILE`
 * names a file that holds the value of `<NAME>`, which keeps secrets out of process lists and settings. Variables with a former name
 * (`renamedVariables`) are read too. Throws a ConfigError.
 */
export const readConfig = <S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv): z.output<S> => {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  const { values, mistakes } = withFiles(withCurrentNames(Object.fromEntries(given)));
  const result = schema.safeParse(values);
  if (result.success && mistakes.size === 0) return result.data;
  const others = (result.error?.issues ?? []).filter(({ path }) => !mistakes.has(String(path[0])));
  throw new ConfigError([
    ...mistakes.values(),
    ...others.map(({ path, message }) => `${path.join('.') || 'environment'}: ${message}`),
  ]);
};

/** Other programs have variables with this suffix too; only ours are read. */
const fromFile = /^((?:PARLEY_[A-Z0-9_]+|DATABASE_URL|NATS_URL|REDIS_URL))_FILE$/;

/** The values with those of files, and the mistakes by the variable that has no value because of them. */
const withFiles = (given: NodeJS.ProcessEnv): { values: NodeJS.ProcessEnv; mistakes: Map<string, string> } => {
  const values = { ...given };
  const mistakes = new Map<string, string>();
  for (const [variable, path = ''] of Object.entries(given)) {
    const name = fromFile.exec(variable)?.[1];
    if (name === undefined) continue;
    if (given[name] !== undefined) {
      mistakes.set(name, `${variable}: ${name} is set too; one of them has to go`);
      continue;
    }
    try {
      // The program that wrote the file may have appended a line break.
      const value = readFileSync(path.trim(), 'utf8').replace(/\r?\n$/, '');
      if (value.trim() === '') mistakes.set(name, `${variable}: the file is empty`);
      else values[name] = value;
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      mistakes.set(name, `${variable}: the file cannot be read (${code})`);
    }
  }
  return { values, mistakes };
};

/** The message names what is expected, never the value, which may be a secret. */
const expecting = (expected: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    input === undefined ? `is missing; expected ${expected}` : `is not usable; expected ${expected}`,
});

const isWhole = (text: string, min: number, max: number): boolean =>
  /^-?\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max;

const whole = (min: number, max: number) => {
  const expected = expecting(`a whole number from ${min} to ${max}`);
  return z
    .string(expected)
    .trim()
    .refine((text) => isWhole(text, min, max), expected)
    .transform(Number);
};

export const integer = (min: number, max: number, defaultValue: number) => whole(min, max).default(defaultValue);

/** 0 lets the system choose a free port. */
export const port = whole(0, 65_535);

/** A number from 0 to 1. */
export const ratio = (defaultValue: number) => {
  const expected = expecting('a number from 0 to 1');
  return z
    .string(expected)
    .trim()
    .refine((text) => /^(?:\d{1,20}|\d{0,20}\.\d{1,20})$/.test(text) && Number(text) <= 1, expected)
    .transform(Number)
    .default(defaultValue);
};

const flagValues: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

export const flag = (defaultValue: boolean) => {
  const expected = expecting('true or false');
  return z
    .string(expected)
    .trim()
    .toLowerCase()
    .refine((text) => Object.hasOwn(flagValues, text), expected)
    .transform((text) => flagValues[text] === true)
    .default(defaultValue);
};

/** A comma-separated list; duplicates and empty items are removed. */
export const list = z
  .string(expecting('words between commas'))
  .transform((text) => [...new Set(text.split(',').map((word) => word.trim()))].filter((word) => word !== ''));

const isUrl = (text: string, protocols: readonly string[]): boolean =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol.replace(':', ''));

const urlText = (what: string, isRight: (text: string) => boolean) =>
  z.string(expecting(what)).trim().refine(isRight, expecting(what));

/** `protocols` without their colon: `url(['postgres', 'postgresql'])`. */
export const url = (protocols: readonly string[]) =>
  urlText(`a URL like ${protocols.map((protocol) => `${protocol}://…`).join(' or ')}`, (text) =>
    isUrl(text, protocols),
  );

/** One or more comma-separated URLs, returned as they were written. */
export const urls = (protocols: readonly string[]) =>
  urlText(
    `one or more URLs like ${protocols.map((protocol) => `${protocol}://…`).join(' or ')}, between commas`,
    (text) => text.split(',').every((one) => isUrl(one.trim(), protocols)),
  );

export const logLevel = z
  .enum(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    expecting('one of trace, debug, info, warn, error, fatal, silent'),
  )
  .default('info');

/** Variables that every process reads; spread into the schema of a service. */
export const processVariables = {
  PARLEY_LOG_LEVEL: logLevel.describe('the least severe lines that are logged'),
  PARLEY_HEALTH_HOST: z.string().default('127.0.0.1').describe('where `/healthz`, `/readyz` and `/metrics` are served'),
  PARLEY_HEALTH_PORT: port.default(0).describe('their port; 0: any free one'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http', 'https'])
    .optional()
    .describe('an OTLP collector; without one nothing is exported. Other `OTEL_…` variables: [below](#tracing)'),
  PARLEY_TRACE_RATIO: ratio(1).describe(
    'the share of traces starting here that is recorded, unless `OTEL_TRACES_SAMPLER` is set',
  ),
};

/** Whether a server that listens on this host is reachable only from its own machine. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** A host to listen on in the form that a URL on this machine needs to reach it. */
export const urlHost = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
};
