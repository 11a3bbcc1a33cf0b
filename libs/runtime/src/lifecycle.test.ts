import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { createLifecycle } from './lifecycle.js';
import { createLog } from './log.js';

/** A fake process: receives signals and records its exit codes. */
const fakeProcess = () => {
  const codes: number[] = [];
  const emitter = new EventEmitter();
  const exited = new Promise<void>((resolve) => emitter.once('exited', resolve));
  return Object.assign(emitter, {
    codes,
    exited,
    exit: (code: number): void => {
      codes.push(code);
      emitter.emit('exited');
    },
  });
};

const begin = (stopDeadlineMs = 1_000) => {
  const lines: string[] = [];
  const log = createLog({ service: 'test', destination: { write: (line) => void lines.push(line) } });
  const target = fakeProcess();
  return { lines, target, lifecycle: createLifecycle({ log, stopDeadlineMs, process: target }) };
};

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
  '%s runs the steps, last registered first, and ends with 0',
  async (signal) => {
    const { target, lifecycle } = begin();
    const ran: string[] = [];
    for (const name of ['pool', 'bus', 'sockets']) lifecycle.onStop(name, () => void ran.push(name));
    target.emit(signal);
    await target.exited;
    expect(ran).toEqual(['sockets', 'bus', 'pool']);
    expect(target.codes).toEqual([0]);
  },
);

test('a step that fails, throws or hangs is logged, and the others still run', async () => {
  const { lines, target, lifecycle } = begin(200);
  const ran: string[] = [];
  lifecycle.onStop('last', () => void ran.push('last'));
  lifecycle.onStop('hangs', () => new Promise(() => {}));
  lifecycle.onStop('rejects', () => Promise.reject(new Error('broken pipe')));
  lifecycle.onStop('hangs briefly', () => new Promise(() => {}), { withinMs: 10 });
  target.emit('SIGTERM');
  await target.exited;
  expect(ran).toEqual(['last']);
  const failed = lines.filter((line) => line.includes('a step of stopping failed'));
  expect(failed.map((line) => (JSON.parse(line) as { step: string }).step)).toEqual([
    'hangs briefly',
    'rejects',
    'hangs',
  ]);
  expect(target.codes).toEqual([0]);
});

test('a second signal ends at once', () => {
  const { target, lifecycle } = begin();
  lifecycle.onStop('hangs', () => new Promise(() => {}));
  target.emit('SIGTERM');
  target.emit('SIGINT');
  expect(target.codes).toEqual([130]);
});

test('the same signal twice within one press, as npm passes it on, is one signal', async () => {
  const { target, lifecycle } = begin();
  let ran = 0;
  lifecycle.onStop('step', () => {
    ran += 1;
  });
  target.emit('SIGINT');
  target.emit('SIGINT');
  await target.exited;
  expect([ran, target.codes]).toEqual([1, [0]]);
});

test.each(['uncaughtException', 'unhandledRejection'])(
  '%s is logged, the steps run, and it ends with 1',
  async (event) => {
    const { lines, target, lifecycle } = begin();
    let ran = 0;
    lifecycle.onStop('step', () => {
      ran += 1;
      target.emit('uncaughtException', new Error('another one'));
    });
    target.emit(event, new Error('boom'));
    await target.exited;
    expect(lines[0]).toContain('boom');
    expect(lines[0]).toContain('"level":"fatal"');
    expect(ran).toBe(1);
    expect(target.codes).toEqual([1]);
  },
);

test('stopping without a signal runs the steps once and ends nothing', async () => {
  const { target, lifecycle } = begin();
  let ran = 0;
  lifecycle.onStop('step', () => void (ran += 1));
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  expect(ran).toBe(1);
  expect(target.codes).toEqual([]);
});
