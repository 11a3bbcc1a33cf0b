import { z } from 'zod';
import type { MethodTable, NotificationTable } from './methods.js';

/** One kind of frame on a socket. */
export interface MessageDescription {
  readonly summary: string;
  readonly schema: z.ZodType;
  /** From the README of the old server, where it has one. */
  readonly example: unknown;
  /** Plain text instead of JSON. */
  readonly plain?: true;
}

/** The frames of a dialect's socket, by name and direction. */
export interface SocketDescription {
  readonly address: string;
  readonly description: string;
  /** The parameters in the address. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The query parameters of the handshake. */
  readonly query: Readonly<Record<string, string>>;
  readonly clientMessages: Readonly<Record<string, MessageDescription>>;
  readonly serverMessages: Readonly<Record<string, MessageDescription>>;
}

/** What the documents of a dialect need besides its routes. */
export interface DialectDocuments {
  /** The schemas that have a name in the documents; a value that is not a schema is ignored, so that a whole module can be given. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** An example of a named schema. */
  readonly examples: Readonly<Record<string, unknown>>;
  /** Where a request carries its token. */
  readonly token: { readonly in: 'bearer' } | { readonly in: 'query'; readonly name: string };
  /** The body of an error. */
  readonly fault: {
    readonly name: string;
    readonly mediaType: string;
    readonly schema: z.ZodType;
    readonly example: unknown;
  };
  readonly socket: SocketDescription;
  /** For a dialect of requests and answers, from which its socket's frames follow. */
  readonly rpc?: RpcDescription;
}

/** The methods of a dialect's socket, for OpenRPC. */
export interface RpcDescription {
  readonly methods: MethodTable;
  readonly notifications: NotificationTable;
  /** The reasons that every method can fail with. */
  readonly commonErrors: readonly string[];
  errorOf(reason: string): { readonly code: number; readonly message: string; readonly data: object };
}

type Json = Record<string, unknown>;

/** JSON Schemas in place of those that would follow from a schema. */
const replacements = z.registry<{ readonly json: Json }>();

/**
 * Documents a schema as another JSON Schema, where the parser is wider or more technical than what a client should send: a number in a
 * query is parsed from digits, but is documented as a number.
 */
export const documentedAs = <S extends z.ZodType>(schema: S, json: Json): S => {
  replacements.add(schema, { json });
  return schema;
};

export const documentationOf = (schema: z.core.$ZodType): Json | undefined =>
  schema instanceof z.ZodType ? replacements.get(schema)?.json : undefined;
