// What the clients of a load say and understand, so that one generator drives every system in the same way.

/** What a text frame of the server means to the generator. */
export type Read =
  | { readonly kind: 'opened' }
  | { readonly kind: 'answered'; readonly id: number; readonly error: string | null }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'ping'; readonly pong: string }
  | { readonly kind: 'other' };

/** Pure: frames are texts, ids are those of requests on one connection. */
export interface Wire {
  readonly path: string;
  /** The first frame of a client, if the server waits for one. */
  readonly hello: string | null;
  join(id: number, channelId: string): string;
  send(id: number, channelId: string, text: string): string;
  read(frame: string): Read;
}
