/** The settings of this dialect that an operator can change (config.ts). */
export interface SwiftySettings {
  /** Whether a direct message to a device that is not connected is stored for it. */
  readonly offlineQueue: boolean;
  /** The most that is stored for one device; the oldest messages are skipped first. */
  readonly keptMax: number;
  readonly keptBytesMax: number;
  readonly keptMs: number;
  /** Whether lists of clients and topics need a token. */
  readonly tokensRequired: boolean;
  /** Whether registering a known uuid again requires an earlier token, connected or not. */
  readonly tokenToReregister: boolean;
  /** The secret that a device sends to register in a realm that this dialect shares with others; undefined: registration is refused there. */
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
