/** The fields of a message of which nothing has become yet. */
export const unchanged = {
  editedAt: null,
  deletedAt: null,
  replyTo: null,
  threadRoot: null,
  inChannel: true,
  replyCount: 0,
  lastReplyAt: null,
  reactions: [],
  mentions: { accountIds: [], channel: false },
  pinnedAt: null,
};
