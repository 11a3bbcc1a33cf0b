import type { Message } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { unchanged } from '../../testing/unchanged.js';
import { partsOf, understand } from './file-message.js';

const file = { file_url: '/api/files/cat.jpg', file_name: 'cat.jpg', file_size: 1_024, mime_type: 'image/jpeg' };
const none = { message_type: 'text', file_url: null, file_name: null, file_size: null, mime_type: null };

/** A frame as its readers receive it. */
const read = (frame: Record<string, unknown>) => {
  const { text, raw } = understand({ type: 'message', ...frame });
  return { seenElsewhere: text, ...partsOf({ ...unchanged, content: { type: 'text', text }, raw } as Message) };
};

describe('C8: a message with a file', () => {
  test('keeps its fields; other wires see the address of the file behind the text', () => {
    expect(read({ content: 'Look', message_type: 'text_with_image', ...file })).toEqual({
      seenElsewhere: 'Look\n/api/files/cat.jpg',
      message: 'Look',
      message_type: 'text_with_image',
      ...file,
    });
  });

  test('may have no text, or an empty one', () => {
    expect(read({ message_type: 'image', ...file })).toMatchObject({ seenElsewhere: file.file_url, message: null });
    expect(read({ content: null, ...file })).toMatchObject({ message: null, message_type: 'text', ...file });
    expect(read({ content: '', ...file })).toMatchObject({ seenElsewhere: file.file_url, message: '', ...file });
  });

  test('may name the file in an attachment; the fields of the frame come first, unless they are empty', () => {
    const attachment = { url: file.file_url, filename: 'other.jpg', size: '1024', mime_type: file.mime_type };
    expect(read({ attachment, file_name: 'cat.jpg', file_url: '' })).toMatchObject({ message: null, ...file });
    expect(read({ content: 'x', attachment: null })).toEqual({ seenElsewhere: 'x', message: 'x', ...none });
  });
});

test('text alone is kept as text alone', () => {
  expect(understand({ type: 'message', content: 'Hello', extra: 1 })).toEqual({ text: 'Hello', raw: null });
  expect(read({ content: null })).toMatchObject({ seenElsewhere: '', message: null, ...none });
});

test('after an edit the text is the new one, and the file stays', () => {
  const { raw } = understand({ type: 'message', content: 'Look', ...file });
  const message = {
    ...unchanged,
    content: { type: 'text', text: 'Look here' },
    raw,
    editedAt: '2024-01-01T12:00:00.000Z',
  };
  expect(partsOf(message as unknown as Message)).toMatchObject({ message: 'Look here', ...file });
});

test('what another wire kept with a message is no file', () => {
  for (const raw of ['{"receiverID":7}', 'not JSON', '[]', null]) {
    expect(partsOf({ ...unchanged, content: { type: 'text', text: 'Hello' }, raw } as Message)).toEqual({
      message: 'Hello',
      ...none,
    });
  }
});

test.each([
  [{ content: 'x'.repeat(16_384), file_url: 'y' }, /^'content' must be text/],
  [{ file_url: 'x'.repeat(2_049) }, /^'file_url' must be text/],
  [{ file_url: 'a\0b' }, /^'file_url' must be text/],
  [{ file_url: 'x', message_type: 'hologram' }, /^'message_type' must be one of text, image/],
  [{ file_url: 'x', file_size: 1.5 }, /^'file_size' must be a whole number/],
  [{ attachment: 'x' }, /^'attachment' must be an object/],
  [{}, /^Missing 'content'/],
])('%j is refused whole', (frame, words) => {
  expect(() => read(frame)).toThrow(words);
});
