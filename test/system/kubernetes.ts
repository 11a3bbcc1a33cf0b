// The charts on a real cluster: the one that kubectl reaches, when PARLEY_PROVE_KUBERNETES=1 allows it. It owns the namespace parley there and
// removes it in the end. Installed by the documented commands, then 50 SDK sockets send and receive while the release is scaled, upgraded,
// rolled back, drained, killed pod by pod and with a whole node, autoscaled, uninstalled and installed again: nothing acknowledged is lost,
// duplicated or out of order. Then the other ways to install: values, manifests, single charts, the version before.
// Runs where addresses of Services are reachable. PARLEY_PROVE_KUBERNETES_LOAD: a command that brings images (its arguments) into a
// cluster without a registry. PARLEY_PROVE_KUBERNETES_NODE: a command that takes kill or start and the name of a node.
import { changes } from './kubernetes/changes.js';
import { obstacle, shell } from './kubernetes/cluster.js';
import { documentedBlocks } from './kubernetes/documented.js';
import { installations } from './kubernetes/installations.js';
import {
  buildImages,
  checkRestarts,
  isInstalled,
  makeNamespace,
  packCharts,
  pinStores,
  removeAll,
  removeAsDocumented,
  settled,
} from './kubernetes/release.js';
import { startTraffic, verifyTraffic } from './kubernetes/traffic.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { flag, flagOn, readOptions, seedOf, text, whole } from './proof/options.js';
import { seeded } from './proof/random.js';

const names = [...Object.keys(changes), ...Object.keys(installations)];
const { values } = readOptions({
  steps: text('<step,…>', `some of ${names.join(', ')}`),
  sockets: whole('SDK sockets (50)'),
  rate: whole('messages a second (20)'),
  seed: whole('repeats a run', 0),
  before: text('<commit>', 'the version before, which version-before upgrades from (the last release)'),
  build: flagOn('takes the images that are in the cluster'),
  keep: flag('leaves the release installed; a later run goes on with it'),
});
const wanted = values.steps?.split(',') ?? names;
const unknown = wanted.filter((name) => !names.includes(name));
const seed = seedOf(values.seed);
const { sockets = 50, rate = 20, before, build } = values;

const installAsDocumented = async (): Promise<void> => {
  const began = performance.now();
  await makeNamespace();
  await shell(documentedBlocks().install);
  figure('installed and tested by the documented commands', (performance.now() - began) / 1000, 's');
  check('every pod is ready', await settled());
  await checkRestarts('first install');
  await pinStores();
};

const changeUnderTraffic = async (steps: readonly string[]): Promise<void> => {
  if (!(await isInstalled())) await installAsDocumented();
  const traffic = await startTraffic({ sockets, rate, random: seeded(seed) });
  for (const step of steps) {
    console.log(`\n  ${step}`);
    await changes[step]?.(traffic);
  }
  console.log('');
  await verifyTraffic(traffic);
  if (!values.keep) await removeAsDocumented();
};

const why = await obstacle();
if (unknown.length > 0) console.log(`  There is no step ${unknown.join(', ')}.`);
else if (why !== null) {
  console.log(`  skipped: ${why}`);
  process.exit(0);
}
await prove(
  async () => {
    check('every step is known', unknown.length === 0);
    if (unknown.length > 0) return;
    console.log(`  seed ${seed}`);
    if (!values.keep) afterwards(removeAll);
    if (build) await buildImages();
    await packCharts();
    const underTraffic = wanted.filter((name) => name in changes);
    if (underTraffic.length > 0) await changeUnderTraffic(underTraffic);
    for (const name of wanted.filter((each) => each in installations)) {
      console.log(`\n  ${name}`);
      await removeAll();
      await makeNamespace();
      await installations[name]?.({ sockets, rate, random: seeded(seed), before, build });
    }
  },
  { withinMs: 7_200_000 },
);
finish();
