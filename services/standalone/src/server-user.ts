import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readlink, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

// PostgreSQL refuses to run as root. When Parley runs as root, PostgreSQL runs as another user of this system. That user may not be able
// to enter a checkout under /root; then its programs and data are kept where it can, and Parley's folder has a link to the data.

/** The user that runs the server; an empty object: the current user. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

const outside = '/var/lib/parley';

export const serverUser = (): ServerUser => {
  if (process.getuid?.() !== 0) return {};
  const found = userNamed('postgres') ?? madeUser() ?? userNamed('nobody');
  if (!found) throw new Error('As root, PostgreSQL needs another user to run as: create one called postgres.');
  return found;
};

const userNamed = (name: string): { uid: number; gid: number } | null => localUser(name) ?? knownUser(name);

/** From the list of this machine, because a process takes longer. */
const localUser = (name: string): { uid: number; gid: number } | null => {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(':') ?? [];
    return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null;
  } catch {
    // The system keeps its users elsewhere.
    return null;
  }
};

const knownUser = (name: string): { uid: number; gid: number } | null => {
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
};

const madeUser = (): { uid: number; gid: number } | null => {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'ignore' });
    return userNamed('postgres');
  } catch {
    // No useradd on this system: the caller falls back to a user that every system has.
    return null;
  }
};

/** Whether the user may enter every folder on this path. */
export const mayEnter = async (path: string, user: ServerUser): Promise<boolean> => {
  if (user.uid === undefined) return true;
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};

/** A folder that the user can enter, shared by every Parley on this machine. Default: `/var/lib/parley`. */
export const sharedFolder = async (path = outside): Promise<string> => {
  await mkdir(path, { recursive: true, mode: 0o755 });
  // The umask removes bits from the mode passed to mkdir.
  await chmod(path, 0o755);
  return path;
};

/** `<folder>/postgres`, or the target of that link if the user cannot enter the folder. Created, and owned by the user. */
export const dataFolder = async (folder: string, user: ServerUser): Promise<string> => {
  const wanted = join(folder, 'postgres');
  const there = await lstat(wanted).catch(() => null);
  if (there?.isSymbolicLink()) return readlink(wanted);
  const path =
    there || (await mayEnter(folder, user)) ? wanted : join(await sharedFolder(), randomBytes(6).toString('hex'));
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) await chown(path, user.uid, user.gid);
  if (path !== wanted) await symlink(path, wanted);
  return path;
};
