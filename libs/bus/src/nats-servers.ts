/** What the client is told: it takes addresses without credentials, and credentials beside them. */
export interface NatsServers {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
}

/** `nats://user:password@a:4222,nats://b:4222` apart; the first credentials hold for every server, which are one cluster. */
export const natsServers = (urls: string): NatsServers => {
  const parsed = urls.split(',').map((text) => new URL(text.trim()));
  const owner = parsed.find(({ username }) => username !== '');
  return {
    servers: parsed.map(({ protocol, host }) => `${protocol}//${host}`),
    ...(owner && { user: decodeURIComponent(owner.username), pass: decodeURIComponent(owner.password) }),
  };
};
