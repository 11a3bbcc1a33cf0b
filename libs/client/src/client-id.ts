/** 128 random bits in hexadecimal. Not `randomUUID`, which browsers offer only in secure contexts. */
export const newClientId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
