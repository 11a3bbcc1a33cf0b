// `--import`ed into each process of the stack: its time of day is an hour off, and is set anew whenever the file named after the port of its
// health checks says so. The monotonic clock stays as it is, as on a host whose time is stepped.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const hourMs = 3_600_000;
const { SHIFTED_DATE_FOLDER: folder = '', PARLEY_HEALTH_PORT: port = '0' } = process.env;
const RealDate = Date;
const realNow = Date.now;
let shiftMs = Number(port) % 2 === 0 ? hourMs : -hourMs;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(realNow() + shiftMs);
    else super(...given);
  }
  static now() {
    return realNow() + shiftMs;
  }
};

setInterval(() => {
  try {
    shiftMs = Number(readFileSync(join(folder, port), 'utf8'));
  } catch {
    // Not stepped yet.
  }
}, 100).unref();
