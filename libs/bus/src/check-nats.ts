import { connect } from 'nats';
import { type NatsProblem, natsProblem } from './nats-problem.js';
import { natsServers } from './nats-servers.js';
import { type NatsTlsFiles, natsTls } from './nats-tls.js';

/** Why Parley cannot connect to any of these servers, or null. One attempt of at most `withinMs` (default 1500) for each of them. */
export const checkNats = async (
  urls: string,
  { withinMs = 1_500, tls: files }: { readonly withinMs?: number; readonly tls?: NatsTlsFiles | undefined } = {},
): Promise<NatsProblem | null> => {
  const tls = natsTls(urls, files);
  try {
    const options = { ...natsServers(urls), ...(tls && { tls }), name: 'check', timeout: withinMs, reconnect: false };
    const connection = await connect(options);
    await connection.close();
    return null;
  } catch (error) {
    return natsProblem(error, urls, tls !== undefined);
  }
};
