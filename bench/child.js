// A child process that is asked one line and answers one line of JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const answerWithinMs = 30_000;

const living = new Set();
process.on('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/**
 * @typedef {object} Child
 * @property {number} pid
 * @property {(line?: string) => Promise<any>} ask writes the line, resolves with the next answer
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} name for messages
 * @param {string} program
 * @param {string[]} words
 * @param {Record<string, string>} [environment]
 * @returns {Child}
 */
export const startChild = (name, program, words, environment = {}) => {
  const child = spawn(program, words, {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A session of its own: what Linux shares a core between.
    detached: true,
  });
  const waiting = [];
  const answers = [];
  let ended = null;
  const settle = (error, answer) => {
    const next = waiting.shift();
    if (next) (error ? next.reject : next.resolve)(error ?? answer);
    else if (!error) answers.push(answer);
  };
  child.on('error', (error) => settle((ended = error)));
  // What the child did not read any more is told by its exit.
  child.stdin.on('error', () => undefined);
  child.on('exit', (code, signal) => {
    living.delete(child);
    ended = new Error(`${name} ended (${signal ?? code})`);
    while (waiting.length > 0) settle(ended);
  });
  createInterface({ input: child.stdout }).on('line', (line) => settle(null, JSON.parse(line)));
  living.add(child);

  const next = () =>
    new Promise((resolve, reject) => {
      if (answers.length > 0) return resolve(answers.shift());
      if (ended) return reject(ended);
      const late = setTimeout(() => reject(new Error(`${name} does not answer`)), answerWithinMs);
      const settled = (done) => (value) => (clearTimeout(late), done(value));
      waiting.push({ resolve: settled(resolve), reject: settled(reject) });
    });
  return {
    pid: child.pid ?? 0,
    ask: (line) => {
      if (line !== undefined) child.stdin.write(`${line}\n`);
      return next();
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
};

/** The same for one of our own modules. */
export const startModule = (name, file, words = [], environment = {}) =>
  startChild(name, process.execPath, [new URL(file, import.meta.url).pathname, ...words], environment);

/** In such a module: answers what comes on stdin, one line each, until that ends. */
export const answerLines = (answers) => {
  createInterface({ input: process.stdin })
    .on('line', async (line) => {
      const [verb, ...words] = line.split(' ');
      say(await answers[verb](...words));
    })
    .on('close', () => process.exit(0));
};

export const say = (answer) => void process.stdout.write(`${JSON.stringify(answer)}\n`);
