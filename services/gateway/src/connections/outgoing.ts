import type { AccountPrincipal, BusEvent, ConnectionId } from '@parley/contracts';
import { asFault } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import { BufferedSocket } from '../broadcast/buffered-socket.js';
import type { FrameSink, OutputOwner } from '../broadcast/buffered-socket.js';
import { frameOf } from '../broadcast/frames.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { RequestId, Result } from '../protocol/command.js';
import type { AcceptedUpgrade } from './accepted-upgrade.js';
import { Lifecycle } from './lifecycle.js';

interface OutgoingDeps {
  readonly writeBuffer: WriteBuffer;
  readonly log: Log;
}

/** The half of a connection that writes: results, events and errors, encoded by its dialect. */
export abstract class Outgoing<C, Deps extends OutgoingDeps> extends Lifecycle<C> implements OutputOwner {
  abstract readonly id: ConnectionId;
  /** Frames that its client has not taken yet. */
  readonly output: BufferedSocket;

  constructor(
    socket: FrameSink,
    protected readonly deps: Deps,
    upgrade: AcceptedUpgrade,
    closeBy: number,
  ) {
    super(upgrade, closeBy);
    this.output = new BufferedSocket(socket, this);
  }

  send(frame: string): void {
    if (this.isLive) this.deps.writeBuffer.send(this.output, frameOf(frame));
  }

  /** Writes what is pending for this connection alone, although more might gather: its client waits for this before it goes on. */
  writeNow(): void {
    if (this.isLive) this.deps.writeBuffer.settle(this.output);
  }

  /** The same at the end of this turn of the event loop, together with what is added until then. */
  writeSoon(): void {
    if (this.isLive) this.deps.writeBuffer.settleSoon(this.output);
  }

  answer(result: Result, requestId: RequestId | undefined): void {
    const frame = this.isLive ? this.adapter.encodeResult(result, requestId, this) : null;
    if (frame !== null) this.send(frame);
  }

  /** Sends a result in the order of the inbox: after every message that the inbox has delivered. */
  answerInOrder(result: Result, requestId: RequestId | undefined): void {
    const frame = this.isLive ? this.adapter.encodeResult(result, requestId, this) : null;
    if (frame !== null && !this.inbox?.sendInOrder(frame)) this.send(frame);
  }

  /** Answers one frame with an error; the connection stays open. */
  refuseFrame(error: unknown, requestId: RequestId | undefined): void {
    const fault = asFault(error);
    if (fault.code === 'internal') this.deps.log.error({ err: fault, connectionId: this.id }, 'A frame failed');
    const frame = this.isLive ? this.encoded(() => this.adapter.encodeFault(fault, requestId)) : null;
    if (frame !== null) this.send(frame);
  }

  /** Asks the client to reconnect to another gateway. */
  goAway(reconnectAfterMs: number): void {
    const frame = this.isLive ? this.encoded(() => this.adapter.encodeGoaway({ reconnectAfterMs })) : null;
    if (frame !== null) this.send(frame);
  }

  abstract tooSlow(): void;

  /** Sends an event to this connection alone. `owner`: the account whose inbox delivers it. */
  protected sendEvent(event: BusEvent, owner: AccountPrincipal | null = null): void {
    const encoded = this.encoded(() => this.adapter.encodeEvent(event, owner));
    if (encoded && encoded.except !== this.id && encoded.accepts?.(this) !== false) this.send(encoded.frame);
  }

  /** A dialect that fails to encode a frame must not keep a connection from being closed. */
  protected encoded<Frame>(encode: () => Frame | null): Frame | null {
    try {
      return encode();
    } catch (error) {
      this.deps.log.error({ err: error, connectionId: this.id }, 'A frame could not be encoded');
      return null;
    }
  }
}
