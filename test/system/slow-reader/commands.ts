// What a process full of readers is commanded to do, and what it replies.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterwards } from '../proof/cleanup.js';

export interface OpenOptions {
  readonly url: string;
  readonly channelId: string;
  readonly token: string;
  readonly count: number;
}

export interface Commands {
  /** Opens sockets that receive the channel. */
  open(options: OpenOptions): Promise<void>;
  /** Begins to count. */
  begin(): void;
  /** Milliseconds from sending to receiving, and how many sockets missed something. */
  end(): { readonly latencies: readonly number[]; readonly missed: number };
  /** Reads the TCP connections no longer: neither frames nor pings. */
  stall(): void;
  /** Reads again; the close code of each socket. */
  resume(): Promise<readonly number[]>;
}

export type Command = {
  [Name in keyof Commands]: { readonly name: Name; readonly args: Parameters<Commands[Name]> };
}[keyof Commands];

export interface Reply {
  readonly name: keyof Commands;
  readonly value: unknown;
}

/** The commands of a process as functions here. */
export type Readers = {
  [Name in keyof Commands]: (...args: Parameters<Commands[Name]>) => Promise<Awaited<ReturnType<Commands[Name]>>>;
};

/** A process of its own, so that what is measured is the gateway. */
export const startReaders = async (options: OpenOptions): Promise<Readers> => {
  const child = fork(fileURLToPath(new URL('./readers.js', import.meta.url)), [], { stdio: 'inherit' });
  afterwards(() => child.kill('SIGKILL'));
  const command =
    <Name extends keyof Commands>(name: Name) =>
    async (...args: Parameters<Commands[Name]>): Promise<Awaited<ReturnType<Commands[Name]>>> => {
      child.send({ name, args });
      for (;;) {
        const [reply] = (await once(child, 'message')) as [Reply];
        if (reply.name === name) return reply.value as Awaited<ReturnType<Commands[Name]>>;
      }
    };
  const readers: Readers = {
    open: command('open'),
    begin: command('begin'),
    end: command('end'),
    stall: command('stall'),
    resume: command('resume'),
  };
  await readers.open(options);
  return readers;
};
