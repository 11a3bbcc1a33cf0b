/** 128 random bits; not `randomUUID`, which browsers keep from pages without TLS. */
export const newClientId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
