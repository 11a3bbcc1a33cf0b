// The folders of the gateway, and which of them each may import (docs/architecture.md). Arrows point one way: a folder stands below
// those that it imports.
const base = ['protocol', 'core'];

const layers: Readonly<Record<string, readonly string[]>> = {
  protocol: ['core'],
  timing: [],
  broadcast: ['protocol', 'timing'],
  streams: [...base, 'timing', 'broadcast'],
  inbox: [...base, 'timing', 'broadcast', 'streams'],
  presence: [...base, 'timing', 'broadcast'],
  peers: [...base, 'timing', 'broadcast', 'streams'],
  authentication: [...base],
  limits: [...base],
  commands: [...base, 'timing', 'streams', 'inbox', 'presence', 'peers', 'authentication'],
  connections: [
    ...base,
    ...['timing', 'broadcast', 'streams', 'inbox', 'presence', 'peers', 'commands', 'authentication', 'limits'],
  ],
  websocket: ['protocol', 'broadcast', 'connections', 'limits', 'http'],
  'dialects/shared': [...base],
  dialects: [...base, 'dialects/shared', 'config', 'package'],
  'api-docs': ['protocol', 'dialects'],
  http: [...base, 'dialects', 'api-docs', 'commands', 'authentication', 'limits', 'package'],
};

const source = /^services\/gateway\/src\/(.+)$/;

/** The layer of a file of the gateway: its folder, or its name without an ending. */
const layerOf = (file: string): string | undefined => {
  const inside = source.exec(file)?.[1];
  if (inside === undefined) return undefined;
  if (inside.startsWith('dialects/shared/')) return 'dialects/shared';
  return inside.split(/[/.]/)[0];
};

/** Why `file` may not import `target`; null: it may, or neither concerns the gateway. */
export const layerMistake = (file: string, target: string): string | null => {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from === undefined || to === undefined || from === to) return null;
  return (layers[from]?.includes(to) ?? true) ? null : `${from}/ does not import ${to}/ (scripts/gateway-layers.ts)`;
};
