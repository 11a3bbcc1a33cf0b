// Preloaded (`node --import`) into the processes whose memory is measured: SIGUSR2 collects garbage, so that what is left is what they need.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('SIGUSR2', () => collect());
