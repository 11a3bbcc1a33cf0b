import type { Bus, Listening } from '@parley/bus';
import { MemberAdded, MemberRemoved, PresenceChanged, everyScopeOf } from '@parley/contracts';
import type { BusEventNamed } from '@parley/contracts';
import type { Log } from '@parley/runtime';

interface Listeners {
  onChanged(event: BusEventNamed<'presence.changed'>): void;
  onMembership(event: BusEventNamed<'member.added' | 'member.removed'>): void;
}

const retryMs = 1_000;

/**
 * Receives the transitions and memberships of all accounts and channels: three subscriptions for a gateway, however many accounts its
 * clients look at (docs/adr/0039-presence.md). Subscribes again until the bus takes it.
 */
export const listenToPresence = (bus: Bus, log: Log, { onChanged, onMembership }: Listeners): { stop(): void } => {
  const listenings: Listening[] = [];
  const subscriptions = [
    () => bus.listen(everyScopeOf('presence.changed', 'account'), PresenceChanged, onChanged),
    () => bus.listen(everyScopeOf('member.added', 'channel'), MemberAdded, onMembership),
    () => bus.listen(everyScopeOf('member.removed', 'channel'), MemberRemoved, onMembership),
  ];
  let isStopped = false;
  let timer: NodeJS.Timeout | null = null;
  const subscribe = async (): Promise<void> => {
    try {
      for (let next = subscriptions[0]; next; next = subscriptions[0]) {
        const listening = await next();
        subscriptions.shift();
        if (isStopped) return listening.stop();
        listenings.push(listening);
      }
    } catch (error) {
      log.warn({ err: error }, 'Presence of other gateways is not received yet');
      if (!isStopped) timer = setTimeout(() => void subscribe(), retryMs).unref();
    }
  };
  void subscribe();
  return {
    stop() {
      isStopped = true;
      if (timer) clearTimeout(timer);
      for (const each of listenings) each.stop();
    },
  };
};
