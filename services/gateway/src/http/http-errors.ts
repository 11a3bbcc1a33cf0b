import { asFault, Fault, isFault } from '@parley/contracts';
import type { FaultCode } from '@parley/contracts';
import { MulterError } from 'multer';

/** A fault about HTTP itself, for which HTTP has one status in every dialect; the dialect still formats the body. */
export class EdgeFault extends Fault {
  constructor(
    code: FaultCode,
    reason: string,
    message: string,
    readonly httpStatus: number,
  ) {
    super(code, reason, message);
  }
}

const badJson = (): Fault => new Fault('invalid', 'bad_json', 'The body is not valid JSON');
export const repeatedKey = (): Fault => new Fault('invalid', 'repeated_key', 'The body holds a key twice');
export const badEncoding = (status: 400 | 415 = 400): Fault =>
  new EdgeFault('invalid', 'bad_encoding', 'The body must be UTF-8', status);
export const badPath = (): Fault => new EdgeFault('invalid', 'bad_path', 'The path is not validly encoded', 400);
export const nulCharacter = (): Fault => new Fault('invalid', 'nul_character', 'Text must not contain U+0000');
export const pathNotFound = (): Fault => new EdgeFault('not_found', 'path_not_found', 'Not Found', 404);
export const methodNotAllowed = (): Fault => new EdgeFault('invalid', 'method_not_allowed', 'Method Not Allowed', 405);
const tooLarge = (): Fault => new EdgeFault('invalid', 'too_large', 'The request is too large', 413);
const badRequest = (): Fault => new EdgeFault('invalid', 'bad_request', 'The request could not be read', 400);

/** Converts anything that Express, its parsers or a handler threw. */
export const faultOf = (error: unknown): Fault => {
  if (isFault(error)) return error;
  const { type, status } = error as { readonly type?: unknown; readonly status?: unknown };
  switch (type) {
    case 'entity.too.large':
    case 'parameters.too.many':
      return tooLarge();
    case 'entity.parse.failed':
      return badJson();
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return badEncoding(415);
  }
  if (error instanceof MulterError) {
    return ['LIMIT_UNEXPECTED_FILE', 'LIMIT_FILE_COUNT', 'MISSING_FIELD_NAME'].includes(error.code)
      ? badRequest()
      : tooLarge();
  }
  if (error instanceof URIError) return badPath();
  // Client errors of the http-errors package: an aborted body, a wrong content length.
  if (typeof status === 'number' && status >= 400 && status < 500) return badRequest();
  return asFault(error);
};
