import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { freePort } from './free-port.js';

/** Takes ports in the order in which this process takes them, as a process whose id leads to the same ports does. */
const takingTheSame = `
  Object.defineProperty(process, 'pid', { value: ${process.pid} });
  const { freePort } = await import(process.argv[1]);
  const ports = [];
  while (ports.length < 20) ports.push(await freePort());
  process.send(ports);
`;

test('no port is given to two processes, also while nothing listens on it', async () => {
  const ours = await Promise.all(Array.from({ length: 20 }, freePort));
  const built = new URL('../dist/free-port.js', import.meta.url).href;
  const other = spawn(process.execPath, ['--input-type=module', '--eval', takingTheSame, built], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [theirs] = (await once(other, 'message')) as [number[]];
  other.kill('SIGKILL');
  expect(new Set([...ours, ...theirs]).size).toBe(40);
});
