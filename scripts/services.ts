import type { StackService } from '@parley/testing';

/** The services of Parley, in the order in which charts and stack name them. */
export const services = ['auth', 'topics', 'chat', 'signaling', 'gateway'] as const satisfies readonly StackService[];

export const isService = (name: string | undefined): name is StackService =>
  (services as readonly (string | undefined)[]).includes(name);

/** The schema of what each service reads from the environment. */
export const configs = {
  auth: async () => (await import('@parley/auth')).AuthConfig,
  topics: async () => (await import('@parley/topics')).TopicsConfig,
  chat: async () => (await import('@parley/chat')).ChatConfig,
  signaling: async () => (await import('@parley/signaling')).SignalingConfig,
  gateway: async () => (await import('@parley/gateway')).GatewayConfig,
} as const satisfies Record<StackService, () => Promise<unknown>>;
