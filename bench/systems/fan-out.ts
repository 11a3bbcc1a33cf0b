// Servers that only fan out, in W1: one process with its own broker, WebSocket listeners, and one connection that publishes.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, runServer, serverBinaries, type ServerKind } from '@parley/testing';
import { startModule } from '../child.js';
import type { Endpoint, FanOutServer, System } from '../system.js';
import { onEnd } from './on-end.js';

const room = 'room';

interface Publisher {
  readonly exchanges: readonly (readonly [write: Buffer, answer: Buffer])[];
  readonly before: Buffer;
  readonly after: Buffer;
}

/** How one of them is configured and what its clients write; `port` takes WebSockets, `ownPort` its own protocol where it has one. */
interface Kind {
  readonly program: string;
  readonly usesOwnPort: boolean;
  config(port: number, ownPort: number): string;
  arguments(file: string): string[];
  readonly endpoint: Omit<Endpoint, 'port'>;
  /** What the publisher writes first with what it waits for, and what surrounds each text of that many bytes. */
  publisher(bytes: number): Publisher;
}

const inMqtt = (type: number, body: Buffer): Buffer => {
  const length: number[] = [];
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7)
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from([type, ...length]), body]);
};
const mqttText = (text: string): Buffer =>
  Buffer.concat([Buffer.from([text.length >> 8, text.length & 0xff]), Buffer.from(text)]);
// MQTT 3.1.1: a clean session without a name and without keep-alive.
const mqttConnect = inMqtt(0x10, Buffer.concat([mqttText('MQTT'), Buffer.from([4, 2, 0, 0, 0, 0])]));
const mqttSubscribe = inMqtt(0x82, Buffer.concat([Buffer.from([0, 1]), mqttText(room), Buffer.from([0])]));

/** A text frame as a client writes it, masked with a key of zeros, and where its payload begins. */
const headOfFrame = (length: number): Buffer =>
  length < 126
    ? Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0])
    : Buffer.from([0x81, 0x80 | 126, length >> 8, length & 0xff, 0, 0, 0, 0]);
const frameOf = (text: string): Buffer => Buffer.concat([headOfFrame(text.length), Buffer.from(text)]);

const natsConnect = 'CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"1","protocol":1}\r\n';
const centrifugoConnect = '{"id":1,"connect":{}}';
const centrifugoPath = '/connection/websocket';

const kinds: Readonly<Record<FanOutServer, Kind>> = {
  nats: {
    program: 'nats-server',
    usesOwnPort: true,
    config: (port, ownPort) =>
      `listen: "127.0.0.1:${ownPort}"\nping_interval: "1h"\nwebsocket { listen: "127.0.0.1:${port}", no_tls: true, compression: false }\n`,
    arguments: (file) => ['-c', file],
    endpoint: {
      path: '/',
      hello: `${natsConnect}SUB ${room} 1\r\nPING\r\n`,
      ready: 'PONG',
      countedBy: 'marks',
      headers: [],
    },
    publisher: (bytes) => ({
      exchanges: [[Buffer.from(`${natsConnect}PING\r\n`), Buffer.from('PONG')]],
      before: Buffer.from(`PUB ${room} ${bytes}\r\n`),
      after: Buffer.from('\r\n'),
    }),
  },
  mosquitto: {
    program: 'mosquitto',
    usesOwnPort: true,
    config: (port, ownPort) =>
      [
        'allow_anonymous true',
        'persistence false',
        // A listener that is slow for a moment keeps its messages, as everywhere else.
        'max_queued_messages 0',
        `listener ${ownPort} 127.0.0.1`,
        `listener ${port} 127.0.0.1`,
        'protocol websockets',
        '',
      ].join('\n'),
    arguments: (file) => ['-c', file],
    endpoint: {
      path: '/mqtt',
      hello: Buffer.concat([mqttConnect, mqttSubscribe]),
      ready: Buffer.from([0x90, 3]),
      countedBy: 'marks',
      headers: ['Sec-WebSocket-Protocol: mqtt'],
    },
    publisher: (bytes) => {
      const topic = mqttText(room);
      const whole = inMqtt(0x30, Buffer.concat([topic, Buffer.alloc(bytes)]));
      return {
        exchanges: [[mqttConnect, Buffer.from([0x20, 2])]],
        before: whole.subarray(0, whole.length - bytes),
        after: Buffer.alloc(0),
      };
    },
  },
  centrifugo: {
    program: 'centrifugo',
    usesOwnPort: false,
    config: (port) =>
      JSON.stringify({
        http_server: { address: '127.0.0.1', port: String(port) },
        log: { level: 'error' },
        // No request to another host.
        usage_stats: { disabled: true },
        client: {
          allow_anonymous_connect_without_token: true,
          ping_interval: '600s',
          queue_max_size: 64 * 1024 * 1024,
          allowed_origins: ['*'],
        },
        channel: {
          without_namespace: {
            allow_subscribe_for_client: true,
            allow_subscribe_for_anonymous: true,
            allow_publish_for_client: true,
            allow_publish_for_anonymous: true,
          },
        },
      }),
    arguments: (file) => ['--config', file],
    endpoint: {
      path: centrifugoPath,
      hello: `${centrifugoConnect}\n{"id":2,"subscribe":{"channel":"${room}"}}`,
      ready: '"subscribe":',
      countedBy: 'marks',
      headers: [],
    },
    publisher: (bytes) => {
      const before = `{"id":3,"publish":{"channel":"${room}","data":"`;
      const after = '"}}';
      const upgrade = [
        `GET ${centrifugoPath} HTTP/1.1`,
        ...['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
        ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
      ].join('\r\n');
      return {
        // It refuses a client that writes before its upgrade is answered.
        exchanges: [
          [Buffer.from(upgrade), Buffer.from('\r\n\r\n')],
          [frameOf(centrifugoConnect), Buffer.from('"connect":')],
        ],
        before: Buffer.concat([headOfFrame(before.length + bytes + after.length), Buffer.from(before)]),
        after: Buffer.from(after),
      };
    },
  },
};

/** The path of its program, or null where it is not on PATH. */
export const programOf = async (name: FanOutServer): Promise<string | null> => {
  // The tests know where the NATS server is, also where it is not on PATH.
  if (name === 'nats') return (await serverBinaries()).nats;
  try {
    return execFileSync('which', [kinds[name].program], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
};

/** One of the servers with one connection that publishes. Throws when its program is not there. */
export const startFanOut = async (
  name: FanOutServer,
  { payloadBytes }: { readonly payloadBytes: number },
): Promise<System> => {
  const binary = await programOf(name);
  if (binary === null) throw new Error(`${kinds[name].program} is not on PATH`);
  const end = onEnd();
  try {
    const { usesOwnPort, endpoint, publisher: publisherOf } = kinds[name];
    const ownPort = usesOwnPort ? await freePort() : 0;
    const server = await runServer(serverKind(name, binary, ownPort));
    end.add(() => server.stop());
    const { exchanges, before, after } = publisherOf(payloadBytes);
    const hex = [before, after, ...exchanges.flat()].map((bytes) => bytes.toString('hex'));
    const words = [String(usesOwnPort ? ownPort : server.port), String(payloadBytes), ...hex];
    const publisher = startModule('the publisher', './systems/tcp-publisher.js', words);
    end.add(() => publisher.stop());
    await publisher.ask();
    const pids = [server.pid, publisher.pid];
    return { name, pid: server.pid, pids, endpoint: { ...endpoint, port: server.port }, publisher, stop: end.now };
  } catch (error) {
    await end.now();
    throw error;
  }
};

const serverKind = (name: FanOutServer, binary: string, ownPort: number): ServerKind => {
  const { arguments: wordsFor, config } = kinds[name];
  return {
    name,
    binary,
    stopSignal: 'SIGTERM',
    url: (port) => `ws://127.0.0.1:${port}`,
    arguments: (folder, port) => {
      const file = join(folder, `${name}.conf${name === 'centrifugo' ? '.json' : ''}`);
      writeFileSync(file, config(port, ownPort));
      return wordsFor(file);
    },
    probe: async (port) => {
      const socket = connect({ port, host: '127.0.0.1' });
      await once(socket, 'connect');
      socket.destroy();
    },
  };
};
