import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** A span as it was exported, with what a test asks about. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly service: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** Those that are text. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Takes spans over OTLP/HTTP as a real collector does, and gives back those whose name or trace is asked for. */
export interface Collector extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`; `GET <url>/spans?trace=<id>` or `?name=<name>` answers with collected spans. */
  readonly url: string;
  stop(): Promise<void>;
}

const spansMax = 100_000;

/** `hear` gets each export as it came, with whatever a span may hold. */
export const startCollector = async ({ hear }: { readonly hear?: (body: string) => void } = {}): Promise<Collector> => {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://collector');
    if (request.method === 'GET') {
      const [trace, name] = [url.searchParams.get('trace'), url.searchParams.get('name')];
      const found = spans.filter((span) => (!trace || span.traceId === trace) && (!name || span.name === name));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(found.slice(-1_000)));
      return;
    }
    void bodyOf(request).then((body) => {
      hear?.(body);
      spans.push(...spansIn(JSON.parse(body) as ExportRequest));
      spans.splice(0, Math.max(0, spans.length - spansMax));
      response.setHeader('content-type', 'application/json').end('{}');
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

type Attributes = readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
type ExportedSpan = Partial<Omit<CollectedSpan, 'attributes'>> & { readonly attributes?: Attributes };

interface ExportRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: Attributes };
    readonly scopeSpans?: readonly { readonly spans?: readonly ExportedSpan[] }[];
  }[];
}

const textsOf = (attributes: Attributes = []): Record<string, string> =>
  Object.fromEntries(attributes.flatMap(({ key, value }) => (value.stringValue ? [[key, value.stringValue]] : [])));

const spansIn = (request: ExportRequest): CollectedSpan[] =>
  (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = textsOf(resource?.attributes)['service.name'] ?? '';
    return (scopeSpans ?? []).flatMap(({ spans }) =>
      (spans ?? []).map((span) => ({
        traceId: span.traceId ?? '',
        spanId: span.spanId ?? '',
        parentSpanId: span.parentSpanId ?? '',
        name: span.name ?? '',
        service,
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
        attributes: textsOf(span.attributes),
      })),
    );
  });

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};
