import { checkListenable, readConfig, warnOfVariables } from '@parley/runtime';
import { configOf, services } from './services.js';

/**
 * What `npm run stack` hands to the processes: the settings of Parley that were set for it. Rejects with one sentence, before
 * anything is started, when a service could not use them or a gateway could not listen there. Warns of variables that nobody reads.
 */
export const readStackSettings = async ({ host, port, scale }) => {
  const given = { ...process.env, ...(host && { HOST: host }), ...(port !== undefined && { PORT: String(port) }) };
  warnOfVariables(process.env, { warn: (text) => console.error(text) });
  const where = readConfig(await configOf('gateway'), given);
  const environment = Object.fromEntries(Object.entries(given).filter(([name]) => /^(PARLEY_|OTEL_)/.test(name)));
  const hasSecret = Boolean(given.PARLEY_SECRET ?? given.PARLEY_SECRET_FILE);
  const complete = { ...(!hasSecret && { PARLEY_SECRET: unusedSecret }), ...environment };
  for (const service of services) readConfig(await configOf(service), complete);
  const ports = where.port === 0 ? [] : Array.from({ length: scale.gateway ?? 1 }, (_, index) => where.port + index);
  for (const each of ports.length === 0 ? [0] : ports) await checkListenable({ host: where.host, port: each });
  return { host: where.host, port: ports[0], environment };
};

/** The stack makes one itself; this one only keeps the check from asking for it. */
const unusedSecret = 'abcdefghijklmnopqrstuvwxyz0123456789';
