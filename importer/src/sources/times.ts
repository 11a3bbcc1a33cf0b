import type { SourceTime } from '../records.js';

const written = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * A time as SQLite or PostgreSQL writes it, exact to the microsecond. Without a zone it is UTC. Null for what is no time, and for years
 * that four digits do not hold.
 */
export const parseTime = (text: string | null): SourceTime | null => {
  const parts = text === null || text.length > 64 ? null : written.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = parts;
  const plain = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const at = Date.parse(`${plain}Z`);
  // A date that does not exist, like the 31st of June, would be another one.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(plain)) return null;
  const utc = new Date(at - offsetMs(zone)).toISOString();
  return utc.length === 24 ? `${utc.slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z` : null;
};

const offsetMs = (zone: string): number => {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
};
