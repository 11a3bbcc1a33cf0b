// Preloaded (`node --import`) into the processes whose memory is measured: SIGUSR2 collects garbage, so that what is left is what they need.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (how: Readonly<Record<string, string>>) => void;
// On Node 24 a collection otherwise keeps the young generation at the size that it had grown to, up to 64 MB. Node 20 does not know the flavor.
process.on('SIGUSR2', () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
