// `--import`ed into each process of the stack: its time of day is an hour off, or what the file named after the port of its health checks
// says at the start, and follows that file; `<port>.taken` then repeats it. The monotonic clock stays as it is, as on a host whose time
// is stepped.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const hourMs = 3_600_000;
const { SHIFTED_DATE_FOLDER: folder = '', PARLEY_HEALTH_PORT: port = '0' } = process.env;
const RealDate = Date;
const realNow = Date.now;
let shiftMs = Number(port) % 2 === 0 ? hourMs : -hourMs;
const read = (): void => {
  try {
    const nextMs = Number(readFileSync(join(folder, port), 'utf8'));
    if (nextMs === shiftMs) return;
    shiftMs = nextMs;
    writeFileSync(join(folder, `${port}.taken`), String(shiftMs));
  } catch {
    // Not stepped yet.
  }
};
read();
// What a process took for its start stays as it was.
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + shiftMs });

const now = (): number => realNow() + shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as object,
  get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
});

setInterval(read, 100).unref();
