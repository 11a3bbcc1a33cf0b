// Preloaded (`node --import`) into the processes of a stack: writes a V8 profile of the gateway when it ends.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

const folder = process.env['PARLEY_BENCH_PROFILE'];
if (folder && process.argv[1]?.includes('/gateway/')) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  // In-process inspector calls answer before they return, so this also works in an exit listener.
  process.on('exit', () => {
    session.post('Profiler.stop', (error, answer) => {
      if (!error) writeFileSync(join(folder, `gateway-${process.pid}.cpuprofile`), JSON.stringify(answer.profile));
    });
  });
}
