import { Fault } from '@parley/contracts';
import type { AccountPrincipal, BusEvent } from '@parley/contracts';
import type {
  Close,
  Decoded,
  Encoded,
  Handshake,
  Opening,
  ConnectionView,
  SocketAdapter,
} from '../../protocol/dialect.js';
import type { Credentials } from '../../protocol/command.js';
import { parseInput } from '../../protocol/input-issues.js';
import type { InputIssue } from '../../protocol/input-issues.js';
import { ignored } from '../../protocol/client-frames.js';
import { frames } from './frames.js';
import { receiverIn, Say, toItem, zones } from './shapes.js';
import { textFor } from './errors.js';

export const socket: SocketAdapter<null> = {
  firstFrameMayAuthenticate: false,
  delaysBursts: true,

  match: (path) => (/^\/chat\/ws\/?$/.test(path) ? {} : null),

  credentials({ query }: Handshake): Credentials | null {
    const token = query.get('token');
    return token ? { kind: 'token', token } : null;
  },

  // The connection receives its own inbox, as every connection does, and the server sends nothing first.
  open: (): Promise<Opening<null>> => Promise.resolve({ state: null, attach: [], greeting: [], announced: false }),

  decode(frame: string, connection: ConnectionView<null> | null): Decoded {
    const parsed = parseInput(Say, parse(frame));
    if (!parsed.success) throw new Fault('invalid', 'bad_frame', issuesOf(parsed.issues));
    return connection ? frames.message.decode({ say: parsed.data, connection }) : ignored;
  },

  // The sender's sockets receive the message like all others: the app shows the user's own messages only from that echo.
  encodeResult: () => null,

  encodeEvent(event: BusEvent, owner: AccountPrincipal | null): Encoded | null {
    if (event.name !== 'message.created' || !owner) return null;
    const { sender, raw } = event.message;
    const receiver = sender.id === owner.accountId ? receiverIn(raw) : owner.number;
    // A message that the account sent in another dialect of a shared realm does not name its recipient; the history has it.
    if (receiver === null) return null;
    const item = toItem(event.message, owner.accountId, { sender: sender.number, receiver }, zones.socket);
    return item && { frame: JSON.stringify(item) };
  },

  encodeFault: (fault) => textFor(fault),

  // The dialect has no such frame; the app reconnects after a close.
  encodeGoaway: () => null,

  close(fault): Close {
    const mayComeBack = fault.code === 'unavailable' || fault.code === 'rate_limited' || fault.code === 'internal';
    return { code: mayComeBack ? 1013 : 1008, reason: textFor(fault) };
  },
};

const parse = (frame: string): unknown => {
  try {
    return JSON.parse(frame);
  } catch {
    throw new Fault('invalid', 'bad_json', 'Invalid JSON format');
  }
};

/** The issues and their places, in the form of the old server's list, without the input. */
const issuesOf = (issues: readonly Omit<InputIssue, 'where'>[]): string =>
  JSON.stringify(
    issues.map(({ path, isMissing, message }) => ({
      loc: path.map((key) => String(key)),
      msg: isMissing ? 'Field required' : message,
      type: isMissing ? 'missing' : 'value_error',
    })),
  );
