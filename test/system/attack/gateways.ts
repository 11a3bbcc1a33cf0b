// What can be seen of the gateways from outside while they are attacked: their longest stall, their descriptors and their memory.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServiceProcess, Stack } from '@parley/testing';
import { metricOf } from '../proof/metrics.js';
import { descriptors, residentMb } from '../proof/usage.js';
import type { ProbeCommand, Stalls } from './health-probe.js';

/** Watches every gateway of a stack. */
export interface GatewayWatch {
  /** What was measured since it was last taken. */
  take(): Promise<Stalls>;
  /** Open descriptors of all gateways. */
  descriptors(): number;
  /** Resident memory of all gateways, in MB. */
  memoryMb(): number;
  /** Bytes that clients of all gateways have not taken yet, by their own metric. */
  pendingBytes(): Promise<number>;
  stop(): void;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const watchGateways = (stack: Stack): GatewayWatch => {
  const probe = fork(fileURLToPath(new URL('./health-probe.js', import.meta.url)), [], { stdio: 'inherit' });
  const command = (what: ProbeCommand): void => void probe.send(what);
  command({ urls: stack.urls });
  const gateways = (): ServiceProcess[] => [...stack.processes.values()].filter(({ service }) => service === 'gateway');
  return {
    async take() {
      command({ take: true });
      const [measured] = (await once(probe, 'message')) as [Stalls];
      return measured;
    },
    descriptors: () => sum(gateways().map(({ pid }) => descriptors(pid))),
    memoryMb: () => sum(gateways().map(({ pid }) => residentMb(pid))),
    pendingBytes: async () =>
      sum(await Promise.all(gateways().map(({ healthUrl }) => metricOf(healthUrl, 'parley_pending_bytes')))),
    stop: () => void probe.kill('SIGKILL'),
  };
};
