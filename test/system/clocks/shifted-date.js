// `--import`ed into each process of the stack: its time of day is an hour off, or what the file named after the port of its health checks
// says at the start, and is set anew whenever that file says so; `<port>.taken` then says so as well. The monotonic clock stays as it is, as on a host whose time is stepped.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const hourMs = 3_600_000;
const { SHIFTED_DATE_FOLDER: folder = '', PARLEY_HEALTH_PORT: port = '0' } = process.env;
const RealDate = Date;
const realNow = Date.now;
let shiftMs = Number(port) % 2 === 0 ? hourMs : -hourMs;
const read = () => {
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

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(realNow() + shiftMs);
    else super(...given);
  }
  static now() {
    return realNow() + shiftMs;
  }
};

setInterval(read, 100).unref();
