import protobuf from 'protobufjs';

/** An exported span, with the fields that tests check. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** `service.name` of its resource. */
  readonly service: string;
  /** String attributes of its resource. */
  readonly resource: Readonly<Record<string, string>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** String attributes of the span. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The part of opentelemetry-proto that is read; a decoder skips the rest. */
const messages = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1;
  bytes span_id = 2;
  bytes parent_span_id = 4;
  string name = 5;
  repeated KeyValue attributes = 9;
  repeated Link links = 13;
}
message Link { bytes trace_id = 1; bytes span_id = 2; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { string string_value = 1; }
`;
const request = protobuf.parse(messages).root.lookupType('ExportTraceServiceRequest');

type Attributes = readonly { readonly key: string; readonly value?: { readonly stringValue?: string } }[];
/** Hexadecimal in JSON, bytes in protobuf. */
type Id = string | Buffer;
interface ExportedSpan {
  readonly traceId?: Id;
  readonly spanId?: Id;
  readonly parentSpanId?: Id;
  readonly name?: string;
  readonly links?: readonly { readonly traceId?: Id; readonly spanId?: Id }[];
  readonly attributes?: Attributes;
}
interface ExportRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: Attributes };
    readonly scopeSpans?: readonly { readonly spans?: readonly ExportedSpan[] }[];
  }[];
}

/** The spans of an OTLP/HTTP request with a JSON body. */
export const spansOfJson = (body: Buffer): CollectedSpan[] => spansIn(JSON.parse(body.toString()) as ExportRequest);

/** The spans of an OTLP request in protobuf, over HTTP or gRPC. */
export const spansOfProtobuf = (body: Buffer): CollectedSpan[] =>
  spansIn(request.toObject(request.decode(body), { bytes: Buffer }));

const hex = (id: Id = ''): string => (typeof id === 'string' ? id : id.toString('hex'));

const textsOf = (attributes: Attributes = []): Record<string, string> =>
  Object.fromEntries(attributes.flatMap(({ key, value }) => (value?.stringValue ? [[key, value.stringValue]] : [])));

const spansIn = ({ resourceSpans = [] }: ExportRequest): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource: { attributes: ofResource } = {}, scopeSpans = [] }) => {
    const resource = textsOf(ofResource);
    return scopeSpans
      .flatMap(({ spans = [] }) => spans)
      .map(({ traceId, spanId, parentSpanId, name = '', links = [], attributes }) => ({
        traceId: hex(traceId),
        spanId: hex(spanId),
        parentSpanId: hex(parentSpanId),
        name,
        service: resource['service.name'] ?? '',
        resource,
        links: links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
        attributes: textsOf(attributes),
      }));
  });
