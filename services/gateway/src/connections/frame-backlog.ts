/** Frames of one client that wait to be handled, in the order of their arrival. */
export class FrameBacklog {
  private readonly frames: string[] = [];
  private size = 0;

  get count(): number {
    return this.frames.length;
  }

  get bytes(): number {
    return this.size;
  }

  push(frame: string): void {
    this.frames.push(frame);
    this.size += Buffer.byteLength(frame);
  }

  shift(): string | undefined {
    const frame = this.frames.shift();
    if (frame !== undefined) this.size -= Buffer.byteLength(frame);
    return frame;
  }
}
