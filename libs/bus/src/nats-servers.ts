/** Options of the NATS client, which takes addresses without credentials, and the credentials separately. */
export interface NatsServers {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
}

/** Splits `nats://user:password@a:4222,nats://b:4222`; the first credentials apply to every server, since they form one cluster. */
export const natsServers = (urls: string): NatsServers => {
  const parsed = urls.split(',').map((text) => new URL(text.trim()));
  const owner = parsed.find(({ username }) => username !== '');
  return {
    servers: parsed.map(({ protocol, host }) => `${protocol}//${host}`),
    ...(owner && { user: decodeURIComponent(owner.username), pass: decodeURIComponent(owner.password) }),
  };
};
