/** Why a process cannot start, as one sentence for its operator: no stack is printed for it. Holds no secret. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
