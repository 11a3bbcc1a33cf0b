// npm run stack -- --scale chat=2,gateway=2
// The five services as separate processes with real servers. A process that dies is started again; typing
// `kill chat-1` kills one with SIGKILL, `stop chat-1` and `start chat-1` do what they say.
import { createInterface } from 'node:readline';
import type { ServiceProcess, StackOptions } from '@parley/testing';
import { end, readCommandLine } from './command-line.js';
import { isService, services } from './services.js';

const scaleHelp = `processes of a service, ${services.map((name) => `${name}=1..9`).join(',')}; one of each unless given`;
const { values } = readCommandLine({
  command: 'npm run stack --',
  about: 'The five services as separate processes with a NATS, a PostgreSQL and a Redis of their own.',
  options: {
    scale: { type: 'string', value: '<service=n,…>', default: '', help: scaleHelp },
    host: { type: 'string', value: '<address>', help: 'where the gateways listen (HOST, default 127.0.0.1)' },
    port: {
      type: 'string',
      value: '<number>',
      whole: [0, 65_535],
      help: 'of the first gateway; the others take the next ones, 0 any free ones (PORT, default 8000)',
    },
    tls: {
      type: 'boolean',
      help: 'TLS to NATS, PostgreSQL and Redis, with certificates made for this run (needs openssl)',
    },
  },
});
const scale: NonNullable<StackOptions['scale']> = {};
for (const part of values.scale.split(',').filter(Boolean)) {
  const [service, count = ''] = part.split('=');
  if (!isService(service) || !/^[1-9]$/.test(count))
    end(1, `--scale takes ${services.map((name) => `${name}=1..9`).join(',')}; this is not one of them: ${part}`);
  scale[service] = Number(count);
}

// What is asked wrongly is answered before these are loaded.
const [{ startStack }, settings] = await Promise.all([import('@parley/testing'), import('./stack-settings.js')]);

const failed = (error: Error): never => end(1, error.message);
const { host, port, environment } = await settings.readStackSettings({ ...values, scale }).catch(failed);
console.log('Starting NATS, PostgreSQL, Redis and the five services …');
const stack = await startStack({ scale, host, port, environment, tls: values.tls ?? false }).catch(failed);

const stopped = new Set<string>();
let stopping = false;
for (const each of stack.processes.values()) {
  each.onExit((code, signal) => {
    if (stopping || stopped.has(each.name)) return;
    console.log(`${each.name} ended (${signal ?? code}) and is started again`);
    each.start().catch((error: Error) => console.error(error.message));
  });
}

for (const { name, pid, healthUrl } of stack.processes.values()) {
  console.log(`  ${name.padEnd(12)} pid ${String(pid).padEnd(8)} ${healthUrl}/readyz`);
}
const servers = new Map(
  Object.entries({ nats: stack.nats, redis: stack.redis, postgres: stack.postgres }).flatMap(([name, server]) =>
    server === null ? [] : [[name, server] as const],
  ),
);
for (const [name, { pid, url }] of servers) console.log(`  ${name.padEnd(12)} pid ${String(pid).padEnd(8)} ${url}`);
console.log(`Logs in ${stack.logFolder}. Open ${stack.urls.join(' or ')}. Ctrl-C stops everything.`);

type Controlled = Pick<ServiceProcess, 'kill' | 'start'> & { stop(): Promise<unknown> };
const commands = new Map<string, (name: string, each: Controlled) => Promise<unknown>>([
  ['kill', (_, each) => each.kill('SIGKILL')],
  ['stop', (name, each) => (stopped.add(name), each.stop())],
  ['start', (name, each) => (stopped.delete(name), each.start())],
]);
createInterface({ input: process.stdin }).on('line', (line) => {
  const [verb = '', name = ''] = line.trim().split(/\s+/);
  const command = commands.get(verb);
  const each = stack.processes.get(name) ?? servers.get(name);
  if (!command || !each) return console.log('kill | stop | start, and a name from the list above');
  command(name, each).then(
    () => console.log(`${name}: ${verb} done`),
    (error: Error) => console.error(error.message),
  );
});

const stopAll = (): void => {
  if (stopping) process.exit(130);
  stopping = true;
  console.log('Stopping …');
  void stack.stop().then(() => process.exit(0));
};
process.on('SIGINT', stopAll);
process.on('SIGTERM', stopAll);
