import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readlink, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

// PostgreSQL refuses to run as root. As root it therefore runs as another user of this system, which may not enter a
// checkout under /root; then its programs and its data live where it can, and our folder holds a link to them.

/** Who runs the server; an empty object means: we ourselves. */
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

const userNamed = (name: string): { uid: number; gid: number } | null => {
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
    // No useradd on this system: the caller goes on with a user that every system has.
    return null;
  }
};

/** Whether the user may pass through every folder above this path. */
export const mayEnter = async (path: string, user: ServerUser): Promise<boolean> => {
  if (user.uid === undefined) return true;
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};

/** A folder that the user can enter, for what is shared by every Parley of this machine. */
export const sharedFolder = async (): Promise<string> => {
  await mkdir(outside, { recursive: true, mode: 0o755 });
  // A umask takes bits away from what mkdir is asked for.
  await chmod(outside, 0o755);
  return outside;
};

/** `<folder>/postgres`, or what it links to where the user may not enter the folder. Made, and owned by the user. */
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
