// Preloaded (`node --import`) into the processes of Parley: writes a V8 profile of each when it ends.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

const folder = process.env['PARLEY_BENCH_PROFILE'];
const name = /\/services\/(\w+)\//.exec(process.argv[1] ?? '')?.[1];
if (folder && name) {
  mkdirSync(folder, { recursive: true });
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  const write = () =>
    session.post('Profiler.stop', (error, answer) => {
      if (!error) writeFileSync(join(folder, `${name}-${process.pid}.cpuprofile`), JSON.stringify(answer.profile));
    });
  // In-process inspector calls answer before they return, so this also works in an exit listener.
  process.on('exit', write);
}
