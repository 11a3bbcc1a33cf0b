import type { AccountId, ConnectionId, BusEvent, NetworkId, OrganizationId, Peer, SessionId } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { ConnectionView } from '../../protocol/dialect.js';
import { socket } from './socket.js';

const id = <T>(n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as T;

const connection = (peering?: ConnectionView['peering']): ConnectionView<null> => ({
  id: id<ConnectionId>(1),
  realm: 'mesh',
  principal: {
    kind: 'account',
    realm: 'mesh',
    dialect: 'mesh',
    accountId: id<AccountId>(2),
    number: 1,
    handle: id<string>(2),
    name: 'user',
    sessionId: id<SessionId>(3),
  },
  state: null,
  attached: new Map(),
  peering,
});

/** The peers of the README. */
const peerOf = (n: number, more: Partial<Peer> = {}): Peer => ({
  connectionId: id<ConnectionId>(100 + n),
  networkId: id<NetworkId>(4),
  organizationId: id<OrganizationId>(5),
  account: { id: id<AccountId>(10 + n), number: n, handle: id<string>(10 + n), name: `user${n}` },
  email: `user${n}@example.com`,
  label: `peer-device-00${n}`,
  agentId: `peer-device-00${n}`,
  address: `10.0.0.${4 + n}`,
  publicAddress: `203.0.113.${n}`,
  publicPort: 50_000,
  relayAddress: `203.0.113.${9 + n}`,
  relayPort: 50_001,
  ...more,
});

const decode = (frame: unknown, peering?: ConnectionView['peering']) =>
  socket.decode(typeof frame === 'string' ? frame : JSON.stringify(frame), connection(peering)).command;
/** The answer that a client receives for this frame. */
const refusal = (frame: unknown, peering?: ConnectionView['peering']): unknown => {
  try {
    return decode(frame, peering);
  } catch (error) {
    return JSON.parse(socket.encodeFault(error as Fault, undefined) ?? 'null');
  }
};
const faultFrame = (code: ConstructorParameters<typeof Fault>[0], reason: string): unknown =>
  JSON.parse(socket.encodeFault(new Fault(code, reason, 'our own words'), undefined) ?? 'null');

const registers = {
  'the request format': {
    type: 'register',
    agent_id: 'agent-123',
    public_ip: '203.0.113.1',
    public_port: 50000,
    relay_ip: '203.0.113.10',
    relay_port: 50001,
  },
  'the example': {
    type: 'register',
    agent_id: 'peer-device-001',
    public_ip: '203.0.113.1',
    public_port: 50000,
    relay_ip: '203.0.113.10',
    relay_port: 50001,
  },
  'the JavaScript client’s': {
    type: 'register',
    agent_id: 'my-agent-001',
    public_ip: '203.0.113.1',
    public_port: 50000,
    relay_ip: '203.0.113.10',
    relay_port: 50001,
  },
};

describe('what an agent says of itself', () => {
  test.each(Object.entries(registers))('%s in the README', (_, frame) => {
    expect(decode(frame)).toEqual({
      type: 'peer.register',
      agentId: frame.agent_id,
      reach: {
        publicAddress: '203.0.113.1',
        publicPort: 50_000,
        relayAddress: '203.0.113.10',
        relayPort: 50_001,
      },
    });
  });

  test('the Python client’s, without a relay', () => {
    const frame =
      '{"type": "register", "agent_id": "python-agent-001", "public_ip": "203.0.113.1", "public_port": 50000, "relay_ip": null, "relay_port": null}';
    expect(decode(frame)).toMatchObject({
      agentId: 'python-agent-001',
      reach: { relayAddress: null, relayPort: null },
    });
  });

  test('digits are a port, and what is empty is missing', () => {
    const frame = { type: 'register', public_ip: '2001:db8::1', public_port: '65535', agent_id: '', relay_port: '' };
    expect(decode(frame)).toMatchObject({
      agentId: null,
      reach: { publicAddress: '2001:db8::1', publicPort: 65_535, relayAddress: null, relayPort: null },
    });
  });

  test.each([
    [{ public_port: 50000 }],
    [{ public_ip: '203.0.113.1' }],
    [{ public_ip: '', public_port: 50000 }],
    [{ public_ip: null, public_port: null }],
    [{ public_ip: '203.0.113.1', public_port: 0 }],
    [{}],
  ])('%j lacks what is required', (frame) => {
    expect(refusal({ type: 'register', ...frame })).toEqual({
      error: 'Missing required fields: public_ip, public_port',
    });
  });

  test.each([
    [{ public_ip: 'exa mple.com' }],
    [{ public_ip: '203.0.113.256' }],
    [{ public_ip: 7 }],
    [{ public_port: 65_536 }],
    [{ public_port: -1 }],
    [{ public_port: 1.5 }],
    [{ public_port: '8o' }],
    [{ public_port: '100000' }],
    [{ public_port: true }],
    [{ public_port: [50_000] }],
    [{ relay_ip: '-relay' }],
    [{ relay_port: 70_000 }],
    [{ agent_id: 7 }],
    [{ agent_id: 'x'.repeat(129) }],
    [{ agent_id: 'a\0b' }],
    [{ agent_id: 'a\u202Eb' }],
    [{ agent_id: 'a\u200Bb' }],
    [{ agent_id: 'a\nb' }],
  ])('W2.2: %j is refused before it is stored', (wrong) => {
    const { error } = refusal({ type: 'register', public_ip: '203.0.113.1', public_port: 50_000, ...wrong }) as {
      error: string;
    };
    expect(error).toMatch(/^Registration failed: (public_ip|public_port|relay_ip|relay_port|agent_id): /);
  });

  test('something else first, and what is no object, no JSON', () => {
    expect(refusal({ type: 'hello' })).toEqual({ error: 'First message must be register' });
    expect(refusal({})).toEqual({ error: 'First message must be register' });
    expect(refusal('{')).toEqual({ error: 'Invalid JSON' });
    expect(refusal('')).toEqual({ error: 'Invalid JSON' });
    for (const frame of ['[]', 'null', '7', '"register"'])
      expect(refusal(frame)).toEqual({ error: 'Processing error' });
  });

  test('W2.3: once registered, frames are ignored, and bad JSON is answered', () => {
    for (const frame of [registers['the example'], { type: 'ping' }, [], 7]) {
      expect(decode(frame, 'registered')).toEqual({ type: 'nothing' });
    }
    expect(refusal('{', 'registered')).toEqual({ error: 'Invalid JSON' });
  });

  test('while its registration is looked at, others wait for how it ends, and all else is ignored', () => {
    expect(decode(registers['the example'], 'asked')).toMatchObject({ type: 'peer.register' });
    expect(decode({ type: 'ping' }, 'asked')).toEqual({ type: 'nothing' });
  });
});

describe('what it receives', () => {
  test('the README’s register response', () => {
    const peer = peerOf(1, {
      connectionId: '550e8400-e29b-41d4-a716-446655440000' as ConnectionId,
      address: '10.0.0.5',
    });
    const frame = socket.encodeResult({ type: 'peer.register', peer, others: [peerOf(2)] }, undefined, connection());
    expect(JSON.parse(frame ?? '')).toEqual({
      type: 'register_agent_response',
      status: 'registered',
      virtual_ip: '10.0.0.5',
      connection_id: '550e8400-e29b-41d4-a716-446655440000',
      existing_peers: [
        {
          peer_id: 'peer-device-002',
          user_id: 2,
          email: 'user2@example.com',
          agent_id: 'peer-device-002',
          public_ip: '203.0.113.2',
          public_port: 50000,
          relay_ip: '203.0.113.11',
          relay_port: 50001,
          virtual_ip: '10.0.0.6',
        },
      ],
    });
  });

  const encoded = (event: BusEvent) => {
    const encoded = socket.encodeEvent(event);
    return encoded && [JSON.parse(encoded.frame), encoded.except];
  };
  const change = { realm: 'mesh', networkId: id<NetworkId>(4), version: 1 };

  test('the README’s peer_online, for all but the newcomer', () => {
    expect(encoded({ name: 'peer.online', ...change, peer: peerOf(3) })).toEqual([
      {
        type: 'peer_online',
        peer: {
          peer_id: 'peer-device-003',
          user_id: 3,
          email: 'user3@example.com',
          agent_id: 'peer-device-003',
          public_ip: '203.0.113.3',
          public_port: 50000,
          relay_ip: '203.0.113.12',
          relay_port: 50001,
          virtual_ip: '10.0.0.7',
        },
      },
      id<ConnectionId>(103),
    ]);
  });

  test('all nine keys are there without a relay and an agent id', () => {
    const bare = peerOf(3, { agentId: null, label: 'peer_3_550e8400', relayAddress: null, relayPort: null });
    const [frame] = encoded({ name: 'peer.online', ...change, peer: bare }) ?? [];
    expect(frame).toMatchObject({
      peer: { peer_id: 'peer_3_550e8400', agent_id: null, relay_ip: null, relay_port: null },
    });
  });

  test.each(['closed', 'replaced', 'lapsed', 'released'] as const)('the README’s peer_offline (%s)', (why) => {
    expect(encoded({ name: 'peer.offline', ...change, peer: peerOf(3), why })?.[0]).toEqual({
      type: 'peer_offline',
      peer_id: 'peer-device-003',
      user_id: 3,
      virtual_ip: '10.0.0.7',
    });
  });

  test('every error text of the README', () => {
    expect(faultFrame('unauthenticated', 'no_token')).toEqual({ error: 'No token provided' });
    for (const reason of ['invalid_token', 'token_expired', 'session_ended', 'account_gone']) {
      expect(faultFrame('unauthenticated', reason)).toEqual({ error: 'Invalid token' });
    }
    expect(faultFrame('forbidden', 'no_organization')).toEqual({ error: 'User not member of any organization' });
    expect(faultFrame('conflict', 'no_address')).toEqual({
      error: 'No virtual IP allocated for user in any organization',
    });
    expect(faultFrame('internal', 'internal')).toEqual({ error: 'Registration failed' });
    expect(faultFrame('conflict', 'replaced')).toEqual({
      error: 'A newer connection of the same agent took the place of this one',
    });
    expect(faultFrame('conflict', 'agent_taken')).toEqual({ error: 'Registration failed: our own words' });
  });

  test('closes say whether to come back', () => {
    const close = (code: ConstructorParameters<typeof Fault>[0], reason: string) =>
      socket.close(new Fault(code, reason, 'x')).code;
    expect(close('unauthenticated', 'no_token')).toBe(4001);
    expect(close('unauthenticated', 'invalid_token')).toBe(1008);
    expect(close('conflict', 'replaced')).toBe(1008);
    expect(close('unavailable', 'bus_down')).toBe(1013);
  });
});

describe('the handshake', () => {
  const credentials = (query: string, authorization?: string) =>
    socket.credentials({ path: '/ws', query: new URLSearchParams(query), headers: { authorization } });

  test('the token is in the query, else in the header', () => {
    expect(credentials('token=a')).toEqual({ kind: 'token', token: 'a' });
    expect(credentials('', 'Bearer b')).toEqual({ kind: 'token', token: 'b' });
    expect(credentials('token=', 'bearer b')).toEqual({ kind: 'token', token: 'b' });
    expect(credentials('token=a', 'Bearer b')).toEqual({ kind: 'token', token: 'a' });
    expect(credentials('', 'Basic b')).toBeNull();
  });

  test('both forms of the path, whole', () => {
    expect(['/ws', '/ws/', '/ws/chat/1', '/wss', '/v/ws'].map((path) => socket.match(path) !== null)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
