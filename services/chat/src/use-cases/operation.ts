import type { Chat, Handlers } from '@parley/contracts';

type ChatHandlers = Handlers<Chat>;

/** The signature of one operation of the contract: `Operation<'message', 'send'>`. */
export type Operation<
  Noun extends keyof ChatHandlers,
  Verb extends keyof ChatHandlers[Noun],
> = ChatHandlers[Noun][Verb];
