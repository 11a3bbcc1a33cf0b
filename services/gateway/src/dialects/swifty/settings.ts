/** What an operator may set about this wire (config.ts). */
export interface SwiftySettings {
  /** Whether a direct message to a device that is not connected is kept for it. */
  readonly offlineQueue: boolean;
  /** What is kept for one device at most; the oldest is skipped first. */
  readonly keptMax: number;
  readonly keptBytesMax: number;
  readonly keptMs: number;
  /** Whether lists of clients and topics need a token. */
  readonly tokensRequired: boolean;
  /** Whether a known uuid is registered again only with an earlier token, connected or not. */
  readonly tokenToReregister: boolean;
  /** What a device must show to register in a realm that this wire shares with others; without one nobody registers there. */
  readonly enrolmentSecret: string | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;

export const swiftyDefaults: SwiftySettings = {
  offlineQueue: true,
  keptMax: 1_000,
  keptBytesMax: 4 * 1024 * 1024,
  keptMs: 7 * dayMs,
  tokensRequired: false,
  tokenToReregister: false,
  enrolmentSecret: undefined,
};
