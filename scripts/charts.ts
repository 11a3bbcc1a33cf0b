// npm run charts: everything that can be known about the charts without a cluster. `npm run charts -- write` writes what is made from
// them: schemas, READMEs and manifests. `npm run charts -- schemas` takes the schemas of Kubernetes itself anew. Helm and kubectl-validate are taken from PATH, else installed with Go.
import { end, readCommandLine, unknownName } from './command-line.js';

const { positionals } = readCommandLine({
  command: 'npm run charts --',
  about: `Checks the Helm charts without a cluster. "write" writes what is made from them instead: schemas, READMEs and manifests.
"schemas" takes those of Kubernetes itself anew (k8s/schemas): it needs Go and a network, and a new version only.
Installs helm and kubectl-validate with Go when they are not on PATH.`,
  words: ['write | schemas'],
});
const [command] = positionals;
const commands = ['write', 'schemas'];
if (command !== undefined && !commands.includes(command)) end(1, `${unknownName('command', command, commands)}.`);

// What is asked wrongly is answered before these are loaded.
const [
  { manifestFiles, packedCharts, schemaFiles, write },
  { readmeFiles },
  { kubernetesSchemaFiles },
  { checkCharts },
  { toolOf },
] = await Promise.all([
  import('./chart-files.js'),
  import('./chart-readmes.js'),
  import('./chart-kubernetes.js'),
  import('./chart-checks.js'),
  import('./chart-tools.js'),
]);

const writeAll = async (helm: string): Promise<void> => {
  write(await schemaFiles());
  write(await readmeFiles());
  const { folder, remove } = packedCharts(helm);
  write(manifestFiles(helm, folder));
  remove();
};

/** Ends well when all holds, or when there is nothing to look with. */
const main = async (): Promise<boolean> => {
  if (command === 'schemas') {
    write(kubernetesSchemaFiles());
    return true;
  }
  const helm = toolOf('helm');
  if (helm === null) return true;
  if (command === 'write') {
    await writeAll(helm);
    return true;
  }
  const validate = toolOf('kubectl-validate');
  return validate === null || (await checkCharts(helm, validate));
};

process.exitCode = (await main()) ? 0 : 1;
