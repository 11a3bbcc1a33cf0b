import { checkListenable, readConfig, warnOfVariables } from '@parley/runtime';
import type { StackOptions } from '@parley/testing';
import { configs, services } from './services.js';

export interface AskedSettings {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly scale: NonNullable<StackOptions['scale']>;
}

export interface StackSettings {
  readonly host: string;
  /** undefined: any free ports. */
  readonly port: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * What `npm run stack` hands to the processes: the settings of Parley that were set for it. Rejects with one sentence, before
 * anything is started, when a service could not use them or a gateway could not listen there. Warns of variables that no service reads.
 */
export const readStackSettings = async ({ host, port, scale }: AskedSettings): Promise<StackSettings> => {
  const given = { ...process.env, ...(host && { HOST: host }), ...(port !== undefined && { PORT: String(port) }) };
  warnOfVariables(process.env, { warn: (text) => console.error(text) });
  const where = readConfig(await configs.gateway(), given);
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && /^(PARLEY_|OTEL_)/.test(name)) environment[name] = value;
  const hasSecret = Boolean(environment['PARLEY_SECRET'] ?? environment['PARLEY_SECRET_FILE']);
  const complete = { ...(!hasSecret && { PARLEY_SECRET: unusedSecret }), ...environment };
  for (const service of services) readConfig(await configs[service](), complete);
  const ports = where.port === 0 ? [] : Array.from({ length: scale.gateway ?? 1 }, (_, index) => where.port + index);
  for (const each of ports.length === 0 ? [0] : ports) await checkListenable({ host: where.host, port: each });
  return { host: where.host, port: ports[0], environment };
};

/** The stack makes one itself; this one only keeps the check from asking for it. */
const unusedSecret = 'abcdefghijklmnopqrstuvwxyz0123456789';
