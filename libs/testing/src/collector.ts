import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type CollectedSpan, spansOfJson, spansOfProtobuf } from './otlp.js';

export type { CollectedSpan } from './otlp.js';

/** An OTLP/HTTP collector for tests: receives spans in protobuf or JSON, and returns those with a given name or trace id. */
export interface Collector extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`; `GET <url>/spans?trace=<id>` or `?name=<name>` returns collected spans. */
  readonly url: string;
  stop(): Promise<void>;
}

const spansMax = 100_000;

export interface CollectorOptions {
  /** Receives each export unparsed, with all attributes; in protobuf, text is mixed with other bytes. */
  readonly onBody?: (body: string, headers: IncomingHttpHeaders) => void;
}

export const startCollector = async ({ onBody }: CollectorOptions = {}): Promise<Collector> => {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://collector');
    if (request.method === 'GET') {
      const [trace, name] = [url.searchParams.get('trace'), url.searchParams.get('name')];
      const found = spans.filter((span) => (!trace || span.traceId === trace) && (!name || span.name === name));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(found.slice(-1_000)));
      return;
    }
    if (request.method !== 'POST' || url.pathname !== '/v1/traces') {
      response.writeHead(404).end();
      return;
    }
    void buffer(request).then((body) => {
      onBody?.(body.toString(), request.headers);
      const isJson = request.headers['content-type'] === 'application/json';
      spans.push(...(isJson ? spansOfJson(body) : spansOfProtobuf(body)));
      spans.splice(0, Math.max(0, spans.length - spansMax));
      // In protobuf an empty message has no bytes.
      if (isJson) response.setHeader('content-type', 'application/json').end('{}');
      else response.setHeader('content-type', 'application/x-protobuf').end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, stop, [Symbol.asyncDispose]: stop };
};

/** Spans of a collector that may run in another process. */
export const collectedSpans = async (
  url: string,
  by: { trace: string } | { name: string },
): Promise<CollectedSpan[]> => {
  const response = await fetch(`${url}/spans?${new URLSearchParams(by).toString()}`);
  return (await response.json()) as CollectedSpan[];
};
