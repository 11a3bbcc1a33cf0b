/** Hashes with the parameters of the old servers, made once: bcrypt `$2b$12$`, and argon2id with m=65536, t=3, p=4. */
export const hashes = {
  admin123: '$2b$12$pABblwhwI8jZqCHU0xjJSuFfFMNqwJ2qlRvll8JfWX0FEZt8AdStu',
  password123: '$2b$12$VXWM6UfzDe/U.1X67nhNl.4YfwkIf5FYkj3GVCZxw2UatuTUFYqNK',
  'Straße 7': '$2b$12$RPt2J2x9fmOtCGGDuct2TOBtzDO2OtjhS5Y8tuz4VzXyw7VPsHK9S',
  'mesh-one': '$2b$12$OOjDBCtScBk3.7owrzL/IOGNK7xk6GRLrcLV1Exuf2Xsb9H3cDDea',
  'mesh-two': '$2b$12$MLt9Sq/tYZ6As/06BLjxD.xrxbnmv6F3WnI3wvh9JOjwMN1MA.QlS',
  'mesh-three': '$2b$12$.T709cOuxdeC2hH0X3Y3RexSzrJZBZCnFvL4/O7/wS6E0zubl7LtK',
  'fluent-ada': '$2b$12$z3ZfTsWqC.rCN1hhtrohGuv8n7kxCFyAkQuhJfymzsrBBlfeJRBmG',
  'fluent-bob': '$2b$12$Z1aww8SpOZhz.Rlf.EuIRO4bEJwtdTXntiIooEDvltjuaLTxViyHe',
  'fluent-cleo': '$2b$12$dTwCJljb4f6S1EoQpp3A1uYO.EhDo9KvvlQ9ifzdVRqpECmkzBPv.',
  TestPassword123: '$argon2id$v=19$m=65536,t=3,p=4$+eBU120IFDQwLoGkFvDJtQ$VIQuFwl7aAfCNwABlVLDOHS6lQqhSr7D7w+Xv9YXGvk',
  AdminPassword123: '$argon2id$v=19$m=65536,t=3,p=4$ScmAp4dqVDsrHq7TdcXDKA$WqJ8hC4WpQTnO+Kx5srryJ7fPCY8bFQ4AVpch1P/40Y',
  'alice-password': '$argon2id$v=19$m=65536,t=3,p=4$oOnYKpvvCwcarnuSPB7UjA$abxuz+kJd3C7LTyzJzh8gWqhbZk2h/lKoQOEQUfrKgc',
  'gone-password': '$argon2id$v=19$m=65536,t=3,p=4$lxtWfhFehKHdi2CBvH6ufQ$n3vRRBGVPTvzsF7GViNZkiFrsi4gpn4MYgleRYUvRCY',
} as const;
