import type { ChannelId, ChannelKind } from '@parley/contracts';

/** A channel by the name that clients use for it. `kinds`: a channel of another kind is not found. */
export type NamedChannel =
  { readonly slug: string } | { readonly number: number; readonly kinds: readonly ChannelKind[] };

/** A channel by its id or by the name that clients use for it. */
export type ChannelAddress = { readonly channelId: ChannelId } | NamedChannel;
