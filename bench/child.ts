// A child process that is asked one line and answers one line of JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const answerWithinMs = 30_000;

export interface Child {
  readonly pid: number;
  /** Writes the line, resolves with the next answer. The caller knows what its own program answers. */
  ask<Answer>(line?: string): Promise<Answer>;
  stop(): Promise<void>;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

const living = new Set<{ kill(signal: NodeJS.Signals): boolean }>();
process.on('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** Answers in the order of the questions; one that came before its question is kept. */
const createAnswers = (name: string) => {
  const waiting: Waiting[] = [];
  const answers: unknown[] = [];
  let ended: Error | null = null;
  return {
    answer: (answer: unknown): void => {
      const next = waiting.shift();
      if (next) next.resolve(answer);
      else answers.push(answer);
    },
    end: (error: Error): void => {
      ended = error;
      for (const each of waiting.splice(0)) each.reject(error);
    },
    next: <Answer>() =>
      new Promise<Answer>((resolve, reject) => {
        if (answers.length > 0) return resolve(answers.shift() as Answer);
        if (ended) return reject(ended);
        const late = setTimeout(() => reject(new Error(`${name} does not answer`)), answerWithinMs);
        waiting.push({
          resolve: (answer) => (clearTimeout(late), resolve(answer as Answer)),
          reject: (error) => (clearTimeout(late), reject(error)),
        });
      }),
  };
};

/** `name` is for messages. */
export const startChild = (
  name: string,
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Child => {
  const child = spawn(program, words, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A session of its own: what Linux shares a core between.
    detached: true,
  });
  const answers = createAnswers(name);
  child.on('error', (error) => answers.end(error));
  // What the child did not read any more is reported by its exit.
  child.stdin.on('error', () => undefined);
  child.on('exit', (code, signal) => {
    living.delete(child);
    answers.end(new Error(`${name} ended (${signal ?? code})`));
  });
  createInterface({ input: child.stdout }).on('line', (line) => answers.answer(JSON.parse(line)));
  living.add(child);
  return {
    pid: child.pid ?? 0,
    ask: (line) => {
      if (line !== undefined) child.stdin.write(`${line}\n`);
      return answers.next();
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
export const startModule = (
  name: string,
  file: string,
  words: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Child => startChild(name, process.execPath, [new URL(file, import.meta.url).pathname, ...words], environment);

/** In such a module: answers what comes on stdin, one line each, until that ends. */
export const answerLines = (answers: Readonly<Record<string, (word: string) => unknown>>): void => {
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const [verb = '', word = ''] = line.split(' ');
      const answer = answers[verb];
      if (answer === undefined) throw new Error(`nothing answers ${verb}`);
      say(answer(word));
    })
    .on('close', () => process.exit(0));
};

export const say = (answer: unknown): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
