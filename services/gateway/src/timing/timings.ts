export interface SequencerTimings {
  /** How long a gap may close by itself before it is repaired: events commonly arrive out of order. */
  readonly holdBackMs: number;
  readonly holdBackMax: number;
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

/** Times and limits that need no configuration; tests shorten some. */
export interface Timings extends SequencerTimings {
  readonly heartbeatMs: number;
  readonly firstFrameMs: number;
  readonly closeMs: number;
  readonly callMs: number;
  /** How long a send is retried before its sender receives an error. */
  readonly sendMs: number;
  readonly lingerMs: number;
  /** Between two comparisons of heads and membership versions; with the comparison itself below 40 s. */
  readonly checkMinMs: number;
  readonly checkMaxMs: number;
  /** A head that is not reached after this time counts as missed. */
  readonly missedMs: number;
  /** How long the inbox waits for a first frame that resumes it. */
  readonly inboxWaitMs: number;
  readonly inboxRetryMs: number;
  /** How long a result that follows its sender's own message waits for that message, at most. */
  readonly ownMessageMs: number;
  readonly softBytes: number;
  readonly softMs: number;
  /** How often connections are checked for clients that read too slowly. */
  readonly slowCheckMs: number;
  readonly drainedBytes: number;
  readonly replayMax: number;
  readonly catchUpsMax: number;
  /** How long members that resume a channel are answered from an earlier read and what was delivered since. */
  readonly recentMs: number;
  readonly earlyFramesMax: number;
  readonly earlyBytesMax: number;
  readonly pendingCommandsMax: number;
  readonly concurrentMax: number;
  readonly attachedMax: number;
  readonly typingMs: number;
}

export const timingsDefault: Timings = {
  holdBackMs: 50,
  holdBackMax: 256,
  retryMs: 200,
  retryMaxMs: 5_000,
  heartbeatMs: 25_000,
  firstFrameMs: 10_000,
  closeMs: 2_000,
  callMs: 5_000,
  sendMs: 10_000,
  lingerMs: 5_000,
  checkMinMs: 20_000,
  checkMaxMs: 37_000,
  missedMs: 1_000,
  inboxWaitMs: 200,
  inboxRetryMs: 2_000,
  ownMessageMs: 2_000,
  softBytes: 1024 * 1024,
  softMs: 10_000,
  slowCheckMs: 500,
  drainedBytes: 256 * 1024,
  replayMax: 5_000,
  catchUpsMax: 32,
  recentMs: 5_000,
  earlyFramesMax: 32,
  earlyBytesMax: 64 * 1024,
  pendingCommandsMax: 256,
  concurrentMax: 64,
  attachedMax: 5_000,
  typingMs: 1_000,
};
