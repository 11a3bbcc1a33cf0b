import type { Note } from '../part-reader.js';
import { storableText, textOf, type StoredText } from '../stored-text.js';

/** The columns of a message about its file. */
export interface FileColumns {
  readonly message_type: StoredText;
  readonly file_url: StoredText;
  readonly file_name: StoredText;
  readonly file_size: number | bigint | string | null;
  readonly mime_type: StoredText;
}

/** Limits of the wire, in UTF-16 units. */
export const fileLimits = { file_url: 2_048, file_name: 255, mime_type: 128 } as const;

export const contentUnitsMax = 16_384;

const messageTypes = new Set([
  'text',
  'image',
  'video',
  'audio',
  'document',
  'text_with_image',
  'text_with_video',
  'text_with_audio',
  'text_with_document',
]);

interface File {
  readonly message_type: string;
  readonly file_url: string | null;
  readonly file_name: string | null;
  readonly file_size: number | null;
  readonly mime_type: string | null;
}

/** Text for every wire, and what the wire of rooms keeps beside it (null: the text is all). */
export interface MessageText {
  readonly text: string;
  readonly raw: string | null;
}

/**
 * Text and file in the form in which the wire of rooms stores them (services/gateway/src/dialects/rooms/file-message.ts). Undefined, after a
 * finding, when they cannot be stored.
 */
export const messageText = (content: string | null, row: FileColumns, note: Note): MessageText | undefined => {
  const file = fileOf(row, note);
  if (file === undefined) return undefined;
  const isText = !file.file_url && !file.file_name && file.file_size === null && !file.mime_type;
  if (content !== null && isText && file.message_type === 'text') return { text: content, raw: null };
  const text = [content, file.file_url ?? file.file_name].filter(Boolean).join('\n');
  if (text.length > contentUnitsMax) {
    note('refused', 7, `The text and the address of the file have more than ${contentUnitsMax} characters together`);
    return undefined;
  }
  return { text, raw: JSON.stringify({ rooms_file: { ...file, characters: content?.length ?? null } }) };
};

const fileOf = (row: FileColumns, note: Note): File | undefined => {
  const file_url = storableText(row.file_url, { name: 'file_url', max: fileLimits.file_url }, note);
  const file_name = storableText(row.file_name, { name: 'file_name', max: fileLimits.file_name }, note);
  const mime_type = storableText(row.mime_type, { name: 'mime_type', max: fileLimits.mime_type }, note);
  if (file_url === undefined || file_name === undefined || mime_type === undefined) return undefined;
  return {
    message_type: messageType(row.message_type, file_url !== null, note),
    file_url: file_url || null,
    file_name: file_name || null,
    file_size: fileSize(row.file_size, note),
    mime_type: mime_type || null,
  };
};

const messageType = (stored: StoredText, hasFile: boolean, note: Note): string => {
  const type = textOf(stored) ?? 'text';
  if (messageTypes.has(type)) return type;
  const known = hasFile ? 'document' : 'text';
  note('mended', 7, `The message type is none of the old server's: it is ${known} now`);
  return known;
};

const fileSize = (stored: number | bigint | string | null, note: Note): number | null => {
  if (stored === null) return null;
  const size = Number(stored);
  if (Number.isSafeInteger(size)) return size === 0 ? null : size;
  note('mended', 7, 'The size of the file is no whole number, and is left out');
  return null;
};
