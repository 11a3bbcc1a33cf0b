import { type EntryPoint } from './speakers.js';
import { type Kind, kinds, type Scene } from './scene.js';
import { type WireName, wires } from './shared-realm.js';

// The section of docs/dialects.md that is made of what was received.

/** As it looks on the wire; a frame that is no JSON as the text that it is. */
const literal = (frame: unknown): string => {
  if (typeof frame === 'string') return frame;
  if (typeof frame === 'object' && frame !== null && 'text' in frame && Object.keys(frame).length === 1)
    return String(frame.text);
  return JSON.stringify(frame).replace(/"#(<[^"]*>)"/g, '$1');
};

/** A table as prettier leaves it. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
};

/** Lines with a first column, each as long as it has to be. */
const block = (lines: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...lines.map(([who]) => who.length)) + 2;
  return ['```text', ...lines.map(([who, what]) => `${who.padEnd(width)}${what}`.trimEnd()), '```'].join('\n');
};

export interface Played {
  readonly said: unknown;
  readonly received: Readonly<Record<string, readonly unknown[]>>;
}

const account = 'has no word for it; the account has it over v1';
const messages = 'receives who comes and goes in its network, and no messages';

/** Why a wire receives nothing of a kind. */
const why: Readonly<Record<Kind, Partial<Record<WireName, string>>>> = {
  room: { fluent: 'has no rooms', mesh: messages },
  'message’s life in a room': {
    rooms: 'has no word for it; its history shows the last form',
    conversations: 'has no word for it; its history shows the last form',
    fluent: 'has no rooms',
    mesh: messages,
    swifty: 'has no word for it, and no history',
  },
  'typing in a room': {
    conversations: 'has no word for it',
    fluent: 'has no rooms',
    mesh: messages,
    swifty: 'has no word for it',
  },
  'coming and going in a room': {
    rooms: 'receives sockets come, and not go',
    conversations: 'receives sockets go, and not come',
    fluent: 'has no rooms',
    mesh: messages,
    swifty: 'has no word for it',
    v1: 'receives who becomes a member and who ceases to be one, and nothing of sockets',
  },
  group: {
    rooms: 'has rooms only',
    fluent: 'has no groups',
    mesh: messages,
    swifty: 'finds topics and rooms by their slug, and a group has none',
  },
  topic: {
    rooms: 'has rooms only',
    conversations: 'has groups and rooms only',
    fluent: 'has no topics',
    mesh: messages,
  },
  direct: {
    rooms: account,
    conversations: account,
    fluent: 'receives ciphertext only; the account has it over v1',
    mesh: account,
  },
  'encrypted direct': {
    rooms: account,
    conversations: account,
    mesh: account,
    swifty: 'receives text only, and its account can sign in nowhere else',
  },
  receipts: {
    rooms: 'has no word for it',
    conversations: 'has no word for it',
    fluent: 'has no word for it',
    mesh: messages,
    swifty: 'has no word for it',
  },
  presence: {
    rooms: 'has no word for it',
    conversations: 'has no word for it; its participants show who is connected',
    fluent: 'has no word for it',
    mesh: 'receives who comes and goes in its network, and nothing of other accounts',
    swifty: 'has no word for it; its list shows who is connected',
  },
  peers: Object.fromEntries(wires.map((wire) => [wire, 'has no networks'])),
};

const silence = (kind: Kind, wire: WireName): string => {
  const reason = why[kind][wire];
  if (reason === undefined) throw new Error(`Why does ${wire} receive nothing of ${kind}?`);
  return `nothing: ${reason}`;
};

const wireOf = (listener: string): string => listener.split(' ', 1)[0] ?? '';

type Results = ReadonlyMap<Scene, Played>;

const overview = (results: Results): string => {
  const cell = (speaker: WireName, listener: WireName): string => {
    const received = [...results].filter(
      ([scene, { received }]) =>
        scene.speaker === speaker && Object.keys(received).some((key) => wireOf(key) === listener),
    );
    return (
      kinds
        .filter((kind) => received.some(([scene]) => scene.kind === kind))
        .map((kind) => short[kind])
        .join(', ') || '–'
    );
  };
  return table([
    ['said by ↓, received by →', ...wires],
    ...wires.map((speaker) => [speaker, ...wires.map((listener) => cell(speaker, listener))]),
  ]);
};

const short: Readonly<Record<Kind, string>> = {
  room: 'room',
  'message’s life in a room': 'changes',
  'typing in a room': 'typing',
  'coming and going in a room': 'coming, going',
  group: 'group',
  topic: 'topic',
  direct: 'direct',
  'encrypted direct': 'encrypted',
  receipts: 'receipts',
  presence: 'presence',
  peers: 'peers',
};

/** One frame of each shape: what is said to six is answered six times. */
const shapes = (frames: readonly unknown[] = []): unknown[] => {
  const byKeys = new Map(frames.toReversed().map((frame) => [Object.keys(frame as object).join(), frame]));
  return [...byKeys.values()].reverse();
};

const sceneOf = ({ kind, speaker }: Scene, { said, received }: Played): string => {
  const lines: [string, string][] = [[`${speaker}${typeof said === 'string' ? ':' : ' says'}`, literal(said)]];
  for (const frame of shapes(received['itself'])) lines.push(['  itself', literal(frame)]);
  for (const wire of wires) {
    const frames = Object.keys(received)
      .filter((key) => wireOf(key) === wire)
      .flatMap((key) => received[key] ?? []);
    if (frames.length === 0) lines.push([`  ${wire}`, silence(kind, wire)]);
    for (const frame of frames) lines.push([`  ${wire}`, literal(frame)]);
  }
  return block(lines);
};

/** Of what is said to everybody's account, and of what is said in a channel. */
const headings: Readonly<Record<Kind, string>> = {
  room: 'A message in a room that all have joined',
  'message’s life in a room': 'A message of a room is edited, reacted to and deleted',
  'typing in a room': 'Typing in a room',
  'coming and going in a room': 'Coming and going in a room',
  group: 'A message in a group of which all are members',
  topic: 'A message in a topic',
  direct: 'A direct message to the account of each',
  'encrypted direct': 'An encrypted direct message to the account of each',
  receipts: 'An account has read a group, and a direct channel',
  presence: 'An account that others look at is away, and back; another comes and goes',
  peers: 'A peer comes and goes in a network',
};

const entryPointsOf = (opened: ReadonlyMap<EntryPoint, readonly unknown[]>): string => {
  const lines = [...opened].flatMap(([{ who, tries }, told]) => [
    `${who} ${tries}`,
    ...told.map((frame) => `  ${literal(frame)}`),
  ]);
  return ['```text', ...lines, '```'].join('\n');
};

/** Everything that was seen. */
export const sectionOf = (results: Results, opened: ReadonlyMap<EntryPoint, readonly unknown[]>): string => {
  const perKind = kinds.map((kind) => {
    const scenes = [...results].filter(([scene]) => scene.kind === kind);
    return [`### ${headings[kind]}`, ...scenes.map(([scene, played]) => sceneOf(scene, played))].join('\n\n');
  });
  return [overview(results), ...perKind, '### Entry points', entryPointsOf(opened)].join('\n\n');
};

const from = '<!-- From here on made by test/journeys/across-dialects.int.test.ts: do not edit. -->';
const to = '<!-- Made until here. -->';

/** The page with another section between the two marks. */
export const withSection = (page: string, section: string): string => {
  const [begin, end] = [page.indexOf(from), page.indexOf(to)];
  if (begin < 0 || end < begin) throw new Error(`docs/dialects.md has no "${from}" before "${to}"`);
  return `${page.slice(0, begin + from.length)}\n\n${section}\n\n${page.slice(end)}`;
};
