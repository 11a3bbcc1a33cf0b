// What can be seen of the gateways from outside while they are attacked: their longest stall, their descriptors and their memory.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Watches every gateway of a stack. `take()` gives what was measured since it was last called. */
export const watchGateways = (stack) => {
  const probe = fork(new URL('./health-probe.js', import.meta.url).pathname, [], { stdio: 'inherit' });
  probe.send({ urls: stack.urls });
  const pids = () =>
    [...stack.processes]
      .filter(([name]) => name.startsWith('gateway'))
      .map(([, { pid }]) => pid)
      .filter((pid) => pid !== undefined);
  const sum = (of) => pids().reduce((total, pid) => total + of(pid), 0);
  return {
    async take() {
      probe.send({ take: true });
      const [measured] = await once(probe, 'message');
      return measured;
    },
    /** Open descriptors of all gateways. */
    descriptors: () => sum((pid) => readdirSync(`/proc/${pid}/fd`).length),
    /** Resident memory of all gateways, in MB. */
    memoryMb: () =>
      sum((pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024),
    /** Bytes that clients of all gateways have not taken yet, by their own metric. */
    async pendingBytes() {
      let total = 0;
      for (const [name, { healthUrl }] of stack.processes) {
        if (!name.startsWith('gateway')) continue;
        const text = await fetch(`${healthUrl}/metrics`).then((answer) => answer.text());
        total += Number(/^parley_pending_bytes(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1] ?? 0);
      }
      return total;
    },
    stop: () => probe.kill('SIGKILL'),
  };
};
