// npm run stack -- --scale chat=2,gateway=2
// The five services as separate processes with real servers. A process that dies is started again; typing
// `kill chat-1` kills one with SIGKILL, `stop chat-1` and `start chat-1` do what they say.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startStack, stackServices } from '@parley/testing';

const { values } = parseArgs({ options: { scale: { type: 'string', default: '' } } });
const scale = {};
for (const part of values.scale.split(',').filter(Boolean)) {
  const [service, count] = part.split('=');
  if (!stackServices.includes(service) || !/^[1-9]$/.test(count ?? '')) {
    console.error(
      `--scale takes ${stackServices.map((name) => `${name}=1..9`).join(',')}; this is not one of them: ${part}`,
    );
    process.exit(2);
  }
  scale[service] = Number(count);
}

console.log('Starting NATS, PostgreSQL, Redis and the five services …');
const stack = await startStack({ scale, port: Number(process.env.PORT ?? 8000), environment: passedOn() }).catch(
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);

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

/** Settings of Parley that were set for this command reach every process. */
function passedOn() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PARLEY_|OTEL_)/.test(name)));
}
