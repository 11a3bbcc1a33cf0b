import type { Rendered } from './rendered.js';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
  readonly resources?: Record<'requests' | 'limits', Record<string, string> | undefined>;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly startupProbe?: object;
  readonly livenessProbe?: object;
  readonly readinessProbe?: object;
}
interface PodSpec {
  readonly containers: readonly Container[];
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly enableServiceLinks?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
}

const podOf = ({ kind, spec }: Rendered): PodSpec | null => {
  if (kind === 'Pod') return spec as PodSpec;
  if (!['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(kind)) return null;
  return (spec as { readonly template: { readonly spec: PodSpec } }).template.spec;
};

/** A limit of CPU is optional: it also slows a process down that could use what is free. */
const amountsNeeded = [
  ['requests', 'cpu'],
  ['requests', 'memory'],
  ['limits', 'memory'],
] as const;

const looksSecret = /secret|password|token|_url$/i;

/** Everything about an object that the project does not allow, each in a sentence. */
export const complaintsAbout = (object: Rendered): string[] => {
  const name = `${object.kind} ${object.metadata.name}`;
  return [...aboutConfig(object), ...aboutPod(object)].map((complaint) => `${name}: ${complaint}`);
};

const aboutConfig = ({ kind, data = {} }: Rendered): string[] => {
  if (kind !== 'ConfigMap') return [];
  const open = ['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return Object.entries(data).flatMap(([key, value]) => [
    ...(looksSecret.test(key) && !open.includes(key) && !isSwitch(value) ? [`${key} looks like a secret`] : []),
    ...(/:\/\/[^/\s:]*:[^/\s]*@/.test(value) ? [`${key} has a password in its URL`] : []),
    ...(/requirepass|password:(?! \$)/.test(value) ? [`${key} sets a password`] : []),
  ]);
};

/** PARLEY_SWIFTY_TOKENS_REQUIRED=true is about tokens and is none. */
const isSwitch = (value: string): boolean => value === 'true' || value === 'false';

const aboutPod = (object: Rendered): string[] => {
  const pod = podOf(object);
  if (pod === null) return [];
  const { securityContext: held = {}, containers } = pod;
  const lives = ['Deployment', 'StatefulSet', 'DaemonSet'].includes(object.kind);
  return [
    ...(held.runAsNonRoot === true && (held.runAsUser ?? 0) > 0 ? [] : ['runs as root']),
    ...(held.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
    ...(pod.automountServiceAccountToken === false ? [] : ['is given a token of Kubernetes']),
    ...(pod.enableServiceLinks === false ? [] : ['is given variables of every Service beside it']),
    ...(pod.hostNetwork || pod.hostPID ? ['shares what is the machine’s'] : []),
    ...containers.flatMap((container) => aboutContainer(container, lives)),
  ];
};

const aboutContainer = (container: Container, lives: boolean): string[] => {
  const { securityContext: held = {}, resources, image, env = [] } = container;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return [
    ...(held.allowPrivilegeEscalation === false ? [] : ['may gain privileges']),
    ...(held.readOnlyRootFilesystem === true ? [] : ['may write into its image']),
    ...(held.capabilities?.drop?.includes('ALL') && !held.capabilities.add ? [] : ['keeps capabilities']),
    ...(tag === undefined || tag === 'latest' ? [`runs ${image}, whatever that is today`] : []),
    ...amountsNeeded
      .filter(([amount, what]) => resources?.[amount]?.[what] === undefined)
      .map((path) => `no ${path.join(' ')}`),
    ...(lives
      ? (['startupProbe', 'livenessProbe', 'readinessProbe'] as const).filter((probe) => !container[probe])
      : []
    ).map((probe) => `no ${probe}`),
    ...env
      .filter(({ name, value }) => value !== undefined && looksSecret.test(name) && !name.endsWith('_FILE'))
      .map(({ name }) => `${name} stands in the open`),
  ].map((complaint) => `${container.name} ${complaint}`);
};
