import { type Bus, callHandler } from '@parley/bus';
import type { BusEvent } from '@parley/contracts';

/** A bus that drops the events for which `isDropped` returns true before they reach a subscriber. Everything else passes through. */
export const droppingBus = (bus: Bus, isDropped: (event: BusEvent, subject: string) => boolean): Bus => ({
  serve: (contract, handlers, options) => bus.serve(contract, handlers, options),
  client: (contract) => bus.client(contract),
  publish: (event, audience) => bus.publish(event, audience),
  listen: (subject, schema, handler, options) =>
    bus.listen(
      subject,
      schema,
      (event) => {
        // Whatever schema a subscriber uses, it accepts a part of BusEvent.
        if (!isDropped(event as BusEvent, subject)) callHandler(handler, event);
      },
      options,
    ),
  get connected() {
    return bus.connected;
  },
  onConnectionChange: (listener) => bus.onConnectionChange(listener),
  drain: () => bus.drain(),
});
