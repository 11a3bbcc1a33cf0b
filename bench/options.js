import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `npm run bench -- [options]
  --runs <n>       rounds, the two systems alternating (1)
  --quick          a smoke check of half a minute; its figures say little
  --only <name>    parley or socket.io
  --sockets <n>    in the room (1000; quick 200)
  --bytes <n>      of text in each message (128)
  --out <file>     everything measured, as JSON
  --prefer         before whatever else the machine does (as root, on Linux)
  --node           the generator in Node though there is a C compiler
  --profile <dir>  a V8 profile of Parley's gateway, written into this folder at its end`;

const whole = (text, low, high, name) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  console.error(`--${name}: a whole number from ${low} to ${high}\n${usage}`);
  process.exit(2);
};

const read = () => {
  try {
    return parseArgs({
      options: {
        runs: { type: 'string', default: '1' },
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        sockets: { type: 'string' },
        bytes: { type: 'string', default: '128' },
        out: { type: 'string' },
        prefer: { type: 'boolean', default: false },
        node: { type: 'boolean', default: false },
        profile: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
};

/** Rates in messages a second; what is offered is that times the sockets. */
const full = { attempts: 2, factor: 1.4, stepsMax: 20, pace: { warmUpMs: 1_000, measureMs: 5_000 } };
const quick = { attempts: 1, factor: 2.5, stepsMax: 6, pace: { warmUpMs: 300, measureMs: 1_200 } };

export const readOptions = () => {
  const values = read();
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const known = ['socket.io', 'parley'];
  if (values.only !== undefined && !known.includes(values.only)) {
    console.error(`--only: ${known.join(' or ')}\n${usage}`);
    process.exit(2);
  }
  const sockets = whole(values.sockets ?? (values.quick ? '200' : '1000'), 10, 20_000, 'sockets');
  const plan = values.quick ? quick : full;
  // Below Socket.IO's limit and about at it, so that both are seen at one rate; a smaller room takes more messages.
  const rateFor = (deliveries) => Math.max(1, Math.round(deliveries / sockets));
  return {
    runs: whole(values.runs, 1, 20, 'runs'),
    systems: values.only === undefined ? known : [values.only],
    sockets,
    sampled: 10,
    payloadBytes: whole(values.bytes, 40, 8_192, 'bytes'),
    plans: {
      'socket.io': { ...plan, firstRate: rateFor(20_000) },
      parley: { ...plan, firstRate: rateFor(50_000) },
    },
    out: values.out,
    prefer: values.prefer,
    node: values.node,
    profileFolder: values.profile && resolve(values.profile),
  };
};
