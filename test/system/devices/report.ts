import { check, figure, list, percentiles } from '../proof/figures.js';
import { at } from '../proof/random.js';
import type { Device, SendResult } from './device.js';
import { type DeviceRun, type SentMessage, verifyDelivery } from './verify-delivery.js';

/** A message with how its sending went. */
export type ReportedMessage = SentMessage & SendResult;

interface ReportedRun extends DeviceRun {
  readonly messages: readonly ReportedMessage[];
}

const latencies = (name: string, values: readonly number[]): void => percentiles(name, values, [0.5, 0.99]);

/** Figures of a run, and the checks that the wire's promises were kept. */
export const report = ({ devices, topics, messages }: ReportedRun): void => {
  const found = verifyDelivery({ devices, topics, messages });
  const answered = (how: SentMessage['how']) => messages.filter((one) => one.how === how);
  const arrivals = messages.flatMap(({ msgid, to, sentAt }) => {
    const [receipt] = at(devices, to).received.get(msgid) ?? [];
    return receipt ? [receipt.at - sentAt] : [];
  });
  const reconnects = devices.flatMap(({ reconnectMs }) => reconnectMs);
  const sum = (of: (device: Device) => number): number => devices.reduce((total, device) => total + of(device), 0);
  figure('messages sent', messages.length);
  figure('answered "sent"', answered('sent').length);
  figure('answered "not connected" (and kept)', answered('kept').length);
  figure('no answer received and not repeated ("unknown")', answered('unknown').length);
  figure('repeated after an answer was lost', messages.filter(({ attempts }) => attempts > 1).length);
  for (const [end, count] of Object.entries(found.ends)) figure(`ended: ${end}`, count);
  figure('written again to a later connection', found.repeats);
  latencies(
    'from sending to the answer',
    answered('sent').map(({ ms }) => ms),
  );
  latencies('from sending to the device', arrivals);
  figure(
    'topic messages sent',
    topics.reduce((total, { published }) => total + published.length, 0),
  );
  figure('topic deliveries', found.topics.deliveries);
  figure('topic messages received on two connections', found.topics.onBoth);
  figure(
    'connections',
    sum(({ connections }) => connections.length),
  );
  figure('connections lost and made again', reconnects.length);
  latencies('from losing a connection to the next greeting', reconnects);
  figure('longest of them', Math.max(0, ...reconnects) / 1000, 's');
  figure(
    'errors sent to devices',
    sum(({ errors }) => errors),
  );
  verify(found);
};

const verify = (found: ReturnType<typeof verifyDelivery>): void => {
  const none = (what: string, wrong: readonly string[]): void => {
    check(`${what}: ${wrong.length}`, wrong.length === 0);
    list(wrong);
  };
  none('lost', found.lost);
  none('duplicated on one connection', found.twiceOnOne);
  none('written again though it was acknowledged', found.afterAcknowledged);
  none('written again to a device that never acknowledges', found.withoutNeed);
  none('out of order from one device to another', found.outOfOrder);
  none('topic messages twice, out of order or with a gap on one connection', found.topics.wrong);
  none('topic messages missed by a connection that was there', found.topics.missed);
  none('against the protocol', found.violations);
};
