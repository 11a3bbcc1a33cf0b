import { Fault, text } from '@parley/contracts';
import type { Message } from '@parley/contracts';
import { z } from 'zod';
import { WholeNumber } from '../shared/whole-number.js';

/** The message types of the old server. */
export const MessageType = z.enum([
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

const contentCharactersMax = 16_384;
const fileLimits = { file_url: 2_048, file_name: 255, mime_type: 128 } as const;

const fileField = (max: number) => text(0, max).nullish();
const FileSize = WholeNumber.refine((size) => Number.isSafeInteger(size), 'Input should be a valid integer').nullish();

/** The same four fields in the form in which the iOS client sends them. */
const Attachment = z.object({
  url: fileField(fileLimits.file_url),
  filename: fileField(fileLimits.file_name),
  size: FileSize,
  mime_type: fileField(fileLimits.mime_type),
});

/** A client's message frame: text, the address of a file, or both; other keys are ignored, as on the old server. */
export const Say = z.object({
  type: z.literal('message'),
  content: text(0, contentCharactersMax).nullish(),
  message_type: MessageType.nullish(),
  file_url: fileField(fileLimits.file_url),
  file_name: fileField(fileLimits.file_name),
  file_size: FileSize,
  mime_type: fileField(fileLimits.mime_type),
  attachment: Attachment.nullish(),
});

/** The fields of a message that describe its file. */
export const File = z.object({
  message_type: MessageType,
  file_url: z.string().nullable(),
  file_name: z.string().nullable(),
  file_size: z.int().nullable(),
  mime_type: z.string().nullable(),
});
type File = z.output<typeof File>;

const noFile: File = { message_type: 'text', file_url: null, file_name: null, file_size: null, mime_type: null };

/** Stored beside the text. `characters`: the length of `content` within the text; null: the frame had none. */
const Kept = z.object({ rooms_file: File.extend({ characters: z.int().min(0).nullable() }) });

const expected: Readonly<Record<string, string>> = {
  content: `text of at most ${contentCharactersMax} characters`,
  message_type: `one of ${MessageType.options.join(', ')}`,
  file_size: 'a whole number',
  file_url: `text of at most ${fileLimits.file_url} characters`,
  file_name: `text of at most ${fileLimits.file_name} characters`,
  mime_type: `text of at most ${fileLimits.mime_type} characters`,
  attachment: 'an object with url, filename, size and mime_type, each as long as its file_ field may be',
};

const badContent = (key: string): Fault =>
  new Fault('invalid', 'bad_content', `'${key}' must be ${expected[key] ?? 'as documented'}`);

/**
 * Converts a `message` frame into text for all dialects and the raw data of this one (null: text alone). Other dialects of a shared realm
 * show the address of the file after the text.
 */
export const understand = (frame: Record<string, unknown>): { readonly text: string; readonly raw: string | null } => {
  if (!['content', 'file_url', 'attachment'].some((key) => key in frame)) {
    throw new Fault('invalid', 'missing_content', "Missing 'content', 'file_url' or 'attachment'");
  }
  const parsed = Say.safeParse(frame);
  if (!parsed.success) throw badContent(String(parsed.error.issues[0]?.path[0] ?? 'content'));
  const { content = null, attachment, ...fields } = parsed.data;
  const file: File = {
    message_type: fields.message_type ?? 'text',
    // An empty field of the frame counts as missing, as on the old server.
    file_url: fields.file_url || attachment?.url || null,
    file_name: fields.file_name || attachment?.filename || null,
    file_size: fields.file_size || attachment?.size || null,
    mime_type: fields.mime_type || attachment?.mime_type || null,
  };
  const isText = content !== null && Object.entries(noFile).every(([key, none]) => file[key as keyof File] === none);
  if (isText) return { text: content, raw: null };
  const whole = [content, file.file_url ?? file.file_name].filter(Boolean).join('\n');
  if (whole.length > contentCharactersMax) throw badContent('content');
  return { text: whole, raw: JSON.stringify({ rooms_file: { ...file, characters: content?.length ?? null } }) };
};

/** The data that `understand` stored with a message, from which the text without the file's address follows; null: text alone. */
const keptOf = ({ raw }: Message): z.output<typeof Kept>['rooms_file'] | null => {
  if (raw === null) return null;
  try {
    const kept = Kept.safeParse(JSON.parse(raw));
    return kept.success ? kept.data.rooms_file : null;
  } catch {
    // The raw frame of another dialect need not be JSON at all.
    return null;
  }
};

export const partsOf = (message: Message): File & { readonly message: string | null } => {
  const text = message.content.type === 'text' ? message.content.text : null;
  const kept = keptOf(message);
  if (kept === null) return { message: text, ...noFile };
  const { characters, ...file } = kept;
  // After an edit the text has no part that belongs to the file.
  if (message.editedAt !== null) return { message: text, ...file };
  return { message: characters === null ? null : (text?.slice(0, characters) ?? null), ...file };
};
