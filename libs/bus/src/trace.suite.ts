import { ROOT_CONTEXT, SpanKind, TraceFlags, context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { everyEventOf } from '@parley/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type BusPair, ThingMade, caller, channel, demo, handlersOf, until } from './testing/demo.js';

/** One trace from a call through its handler into nested calls and events, over any driver. */
export const traceSuite = (name: string, makePair: () => Promise<BusPair>): void => {
  describe(`traces: ${name}`, () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    let pair: BusPair;
    beforeAll(() => {
      trace.setGlobalTracerProvider(provider);
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
      propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    });
    afterAll(async () => {
      await provider.shutdown();
      for (const api of [trace, context, propagation]) api.disable();
    });
    beforeEach(async () => {
      exporter.reset();
      pair = await makePair();
    });
    afterEach(async () => {
      await pair.caller.drain();
      await pair.server.drain();
    });
    const finished = () =>
      exporter.getFinishedSpans().map(({ name: span, kind, parentSpanContext }) => ({
        span,
        kind,
        parent: exporter.getFinishedSpans().find((s) => s.spanContext().spanId === parentSpanContext?.spanId)?.name,
      }));

    test('call, handler, nested call, event and what its listener does are one trace, each below its cause', async () => {
      const inner = demo();
      const outer = demo();
      const scope = channel();
      const audience = [scope, channel()];
      await pair.server.serve(inner, handlersOf());
      const nested = pair.server.client(inner).thing;
      await pair.server.serve(
        outer,
        handlersOf({
          make: async (input, ctx) => {
            pair.server.publish({ name: 'thing.made', n: 1 } as { name: string }, audience);
            return nested.make(input, ctx);
          },
        }),
      );
      let received = '';
      await pair.caller.listen(everyEventOf(scope), ThingMade, () => {
        trace.getTracer('test').startSpan('listener').end();
        received = trace.getSpanContext(context.active())?.traceId ?? 'none';
      });
      const root = trace.getTracer('test').startSpan('root');
      const calling = () => pair.caller.client(outer).thing.make({ text: 'x' }, caller);
      await context.with(trace.setSpan(ROOT_CONTEXT, root), calling);
      root.end();
      await until(() => received !== '');
      expect(received).toBe(root.spanContext().traceId);
      const traces = new Set(exporter.getFinishedSpans().map((s) => s.spanContext().traceId));
      expect([...traces]).toEqual([root.spanContext().traceId]);
      const [o, i] = [`${outer.service}.thing.make`, `${inner.service}.thing.make`];
      const spans = finished();
      expect(spans).toHaveLength(7);
      expect(spans).toEqual(
        expect.arrayContaining([
          { span: 'root', kind: SpanKind.INTERNAL, parent: undefined },
          { span: `call ${o}`, kind: SpanKind.CLIENT, parent: 'root' },
          { span: `serve ${o}`, kind: SpanKind.SERVER, parent: `call ${o}` },
          { span: `call ${i}`, kind: SpanKind.CLIENT, parent: `serve ${o}` },
          { span: `serve ${i}`, kind: SpanKind.SERVER, parent: `call ${i}` },
          { span: 'publish thing.made', kind: SpanKind.PRODUCER, parent: `serve ${o}` },
          { span: 'listener', kind: SpanKind.INTERNAL, parent: 'publish thing.made' },
        ]),
      );
    });

    test('a trace that nobody records is passed on without spans', async () => {
      const c = demo();
      let seen = '';
      const make = async ({ text }: { text: string }) => {
        seen = trace.getSpanContext(context.active())?.traceId ?? 'none';
        return { text };
      };
      await pair.server.serve(c, handlersOf({ make }));
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      const parent = trace.setSpanContext(ROOT_CONTEXT, {
        traceId,
        spanId: 'b7ad6b7169203331',
        traceFlags: TraceFlags.NONE,
      });
      await context.with(parent, () => pair.caller.client(c).thing.make({ text: 'x' }, caller));
      expect(seen).toBe(traceId);
      await pair.caller.client(c).thing.make({ text: 'x' }, caller);
      expect(seen).toBe('none');
      expect(exporter.getFinishedSpans()).toEqual([]);
    });

    test('a caller passes a trace on without an active context', async () => {
      const c = demo();
      const seen: string[] = [];
      const make = async ({ text }: { text: string }) => {
        seen.push(trace.getSpanContext(context.active())?.traceId ?? 'none');
        if (text === 'broken') throw new Error(text);
        return { text };
      };
      await pair.server.serve(c, handlersOf({ make }));
      const { thing } = pair.caller.client(c);
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      const options = { ...caller, trace: { traceparent: `00-${traceId}-b7ad6b7169203331-00` } };
      await thing.make({ text: 'x' }, options);
      await expect(thing.make({ text: 'broken' }, options)).rejects.toMatchObject({ code: 'internal' });
      expect(seen).toEqual([traceId, traceId]);
      expect(pair.logged.map((l) => l.details.trace_id)).toEqual([traceId]);
      expect(exporter.getFinishedSpans()).toEqual([]);
    });

    test('the event of an entry carries a trace only where it is recorded, any other event in any case', async () => {
      const scope = channel();
      const seen: string[] = [];
      const listen = (event: { name: string }): void =>
        void seen.push(`${event.name} ${trace.getSpanContext(context.active())?.traceId ?? 'none'}`);
      await pair.caller.listen(everyEventOf(scope), z.object({ name: z.string() }), listen);
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      for (const traceFlags of [TraceFlags.NONE, TraceFlags.SAMPLED]) {
        const parent = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: 'b7ad6b7169203331', traceFlags });
        context.with(parent, () => {
          pair.server.publish({ name: 'message.edited' }, [scope]);
          pair.server.publish({ name: 'thing.made' }, [scope]);
        });
      }
      await until(() => seen.length === 4);
      expect(seen).toEqual([
        'message.edited none',
        `thing.made ${traceId}`,
        `message.edited ${traceId}`,
        `thing.made ${traceId}`,
      ]);
    });

    test('an error is logged with its trace id', async () => {
      const c = demo();
      await pair.server.serve(c, handlersOf({ make: () => Promise.reject(new Error('broken')) }));
      const root = trace.getTracer('test').startSpan('root');
      const calling = () => pair.caller.client(c).thing.make({ text: 'x' }, caller);
      await expect(context.with(trace.setSpan(ROOT_CONTEXT, root), calling)).rejects.toMatchObject({
        code: 'internal',
      });
      root.end();
      expect(pair.logged.map((l) => l.details.trace_id)).toEqual([root.spanContext().traceId]);
    });
  });
};
