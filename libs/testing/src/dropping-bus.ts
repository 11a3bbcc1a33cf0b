import type { Bus } from '@parley/bus';
import type { Fact } from '@parley/contracts';

/** A bus that loses, before its listeners hear them, the facts that `isDropped` names. All else is the bus underneath. */
export const droppingBus = (bus: Bus, isDropped: (fact: Fact, subject: string) => boolean): Bus => ({
  serve: (contract, handlers, options) => bus.serve(contract, handlers, options),
  client: (contract) => bus.client(contract),
  publish: (fact, roads) => bus.publish(fact, roads),
  listen: (subject, schema, handler, options) =>
    bus.listen(
      subject,
      schema,
      (fact) => {
        // Whatever schema a listener uses, it is a part of Fact.
        if (!isDropped(fact as Fact, subject)) handler(fact);
      },
      options,
    ),
  get connected() {
    return bus.connected;
  },
  onConnectionChange: (listener) => bus.onConnectionChange(listener),
  drain: () => bus.drain(),
});
