import type { Bus } from '@parley/bus';
import type { BusEvent } from '@parley/contracts';

/** A bus that loses, before its listeners hear them, the facts that `isDropped` names. All else is the bus underneath. */
export const droppingBus = (bus: Bus, isDropped: (event: BusEvent, subject: string) => boolean): Bus => ({
  serve: (contract, handlers, options) => bus.serve(contract, handlers, options),
  client: (contract) => bus.client(contract),
  publish: (event, roads) => bus.publish(event, roads),
  listen: (subject, schema, handler, options) =>
    bus.listen(
      subject,
      schema,
      (event) => {
        // Whatever schema a listener uses, it is a part of Fact.
        if (!isDropped(event as BusEvent, subject)) handler(event);
      },
      options,
    ),
  get connected() {
    return bus.connected;
  },
  onConnectionChange: (listener) => bus.onConnectionChange(listener),
  drain: () => bus.drain(),
});
