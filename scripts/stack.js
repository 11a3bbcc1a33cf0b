// npm run stack -- --scale chat=2,gateway=2
// The five services as separate processes with real servers. A process that dies is started again; typing
// `kill chat-1` kills one with SIGKILL, `stop chat-1` and `start chat-1` do what they say.
import { createInterface } from 'node:readline';
import { end, readCommandLine } from './command-line.js';
import { services } from './services.js';

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
const scale = {};
for (const part of values.scale.split(',').filter(Boolean)) {
  const [service, count] = part.split('=');
  if (!services.includes(service) || !/^[1-9]$/.test(count ?? ''))
    end(1, `--scale takes ${services.map((name) => `${name}=1..9`).join(',')}; this is not one of them: ${part}`);
  scale[service] = Number(count);
}

// What is asked wrongly is answered before these are loaded.
const [{ startStack }, settings] = await Promise.all([import('@parley/testing'), import('./stack-settings.js')]);

const failed = (error) => end(1, error.message);
const { host, port, environment } = await settings.readStackSettings({ ...values, scale }).catch(failed);
console.log('Starting NATS, PostgreSQL, Redis and the five services …');
const stack = await startStack({ scale, host, port, environment, tls: values.tls }).catch(failed);

const stopped = new Set();
let stopping = false;
for (const each of stack.processes.values()) {
  each.onExit((code, signal) => {
    if (stopping || stopped.has(each.name)) return;
    console.log(`${each.name} ended (${signal ?? code}) and is started again`);
    each.start().catch((error) => console.error(error.message));
  });
}

for (const { name, pid, healthUrl } of stack.processes.values()) {
  console.log(`  ${name.padEnd(12)} pid ${String(pid).padEnd(8)} ${healthUrl}/readyz`);
}
for (const [name, server] of Object.entries({ nats: stack.nats, redis: stack.redis, postgres: stack.postgres })) {
  console.log(`  ${name.padEnd(12)} pid ${String(server.pid).padEnd(8)} ${server.url}`);
}
console.log(`Logs in ${stack.logFolder}. Open ${stack.urls.join(' or ')}. Ctrl-C stops everything.`);

const commands = {
  kill: (each) => each.kill('SIGKILL'),
  stop: (each) => (stopped.add(each.name), each.stop()),
  start: (each) => (stopped.delete(each.name), each.start()),
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const [verb, name] = line.trim().split(/\s+/);
  const each = stack.processes.get(name) ?? { nats: stack.nats, redis: stack.redis, postgres: stack.postgres }[name];
  if (!commands[verb] || !each) return console.log('kill | stop | start, and a name from the list above');
  commands[verb](each).then(
    () => console.log(`${name}: ${verb} done`),
    (error) => console.error(error.message),
  );
});

const stopAll = () => {
  if (stopping) process.exit(130);
  stopping = true;
  console.log('Stopping …');
  stack.stop().then(() => process.exit(0));
};
process.on('SIGINT', stopAll);
process.on('SIGTERM', stopAll);
