import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { StartError } from '@parley/runtime';
import { dirname, join, relative, resolve } from 'node:path';

/** The folder of one standalone Parley: its data, its secret, its log. */
export interface Folder {
  readonly path: string;
  /** The secret of this folder, made at its first start and stored. */
  readonly secret: string;
  /** Sets the address that a second Parley on this folder shows in its error. */
  announce(url: string): void;
  release(): Promise<void>;
}

/** Another Parley already runs on this folder. */
class FolderInUse extends StartError {
  constructor(path: string, where: string) {
    super(
      `Parley already runs in ${path}${where ? ` at ${where}` : ''}: stop it first, or start in another folder (--folder).`,
    );
  }
}

/** Makes the folder if it does not exist, and locks it until `release` or until the process ends, however it ends. */
export const openFolder = async (name: string): Promise<Folder> => {
  const path = resolve(name);
  try {
    await makeFolder(path);
    const lock = await holdLock(path);
    return { path, secret: await keptSecret(path), announce: lock.announce, release: lock.release };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const mistake = folderMistakes[code]?.(path) ?? `${path} cannot be used (${code}); choose another folder`;
    throw new StartError(`PARLEY_FOLDER: ${mistake}.`);
  }
};

/** Not mkdir's `recursive`, which never returns where the system reports ENOENT below an existing folder, as in /proc. */
const makeFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
};

const notAllowed = (path: string): string => `${path} cannot be written by this user; choose another folder`;
const notAFolder = (path: string): string => `${path} is not a folder; choose another one`;
const folderMistakes: Readonly<Record<string, (path: string) => string>> = {
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: notAllowed,
  EEXIST: notAFolder,
  ENOTDIR: notAFolder,
  ENOSPC: (path) => `the disk that holds ${path} is full`,
  EDQUOT: (path) => `the disk quota for ${path} is used up`,
};

// A listening socket is a lock that no crash leaves behind: only a live process accepts connections on it.
const holdLock = async (folder: string) => {
  let url = '';
  const address = socketAddress(folder);
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(url));
  if (!(await listens(server, address))) {
    const answer = await ask(address);
    if (answer !== null) throw new FolderInUse(folder, answer);
    await rm(address, { force: true });
    if (!(await listens(server, address))) throw new FolderInUse(folder, '');
  }
  server.unref();
  return {
    announce: (at: string) => {
      url = at;
    },
    release: () => new Promise<void>((done) => server.close(() => done())),
  };
};

/** Relative, because the path of a socket is limited to about 100 bytes. */
const socketAddress = (folder: string): string =>
  process.platform === 'win32'
    ? join('\\\\.\\pipe', resolve(folder))
    : shorter(relative(process.cwd(), join(folder, 'lock')), resolve(folder, 'lock'));

const shorter = (a: string, b: string): string => (a.length < b.length ? a : b);

const listens = (server: Server, address: string): Promise<boolean> =>
  new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(false) : fail(error)));
    server.listen(address, () => done(true));
  });

/** What the holder of the lock sends within a second, or null when there is no holder. */
const ask = (address: string): Promise<string | null> =>
  new Promise((done) => {
    let answer = '';
    const socket = connect(address);
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', () => done(null));
    socket.on('close', () => done(answer));
  });

const keptSecret = async (folder: string): Promise<string> => {
  const file = join(folder, 'secret');
  try {
    await writeFile(file, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await chmod(file, 0o600);
  }
  return (await readFile(file, 'utf8')).trim();
};
