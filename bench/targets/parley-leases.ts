import pMap from 'p-map';
import type { Bus } from '@parley/bus';
import { type AccountPrincipal, signaling } from '@parley/contracts';
import type { Leases } from './target.js';

const atOnce = 16;

/** An organization with a network of 254 addresses, in which each of these accounts has one. */
export const openParleyLeases = async (bus: Bus, holders: readonly AccountPrincipal[]): Promise<Leases> => {
  const { organization, lease } = bus.client(signaling);
  const [owner, ...others] = holders;
  if (owner === undefined) throw new Error('Leases need a holder');
  const made = await organization.create({ name: 'bench', subnet: '10.20.30.0/24' }, { principal: owner });
  const reference = { id: made.id };
  await pMap(others, (principal) => organization.join({ reference }, { principal }), { concurrency: atOnce });
  await pMap(holders, (principal) => lease.allocate({ reference }, { principal }), { concurrency: atOnce });
  return {
    change: async (holder) => {
      const principal = holders[holder] ?? owner;
      await lease.release({ reference }, { principal });
      return lease.allocate({ reference }, { principal }).then(
        () => true,
        () => false,
      );
    },
    count: async () => {
      const leases = await lease.list({ reference, limit: 500 }, { principal: owner });
      return { held: leases.length, doubled: leases.length - new Set(leases.map(({ address }) => address)).size };
    },
  };
};
