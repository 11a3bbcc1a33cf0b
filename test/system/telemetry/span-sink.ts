// A collector of spans that counts what it receives and keeps nothing, in a process of its own. It sends its port to its parent, and then
// the number of bytes for each message.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SinkMessage = { readonly port: number } | { readonly bytes: number };

let bytes = 0;
const server = createServer((request, response) => {
  request
    .on('data', (data: Buffer) => (bytes += data.length))
    // The empty answer, in protobuf.
    .on('end', () => response.setHeader('content-type', 'application/x-protobuf').end());
});
const tell = (message: SinkMessage): void => void process.send?.(message);
server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
process.on('message', () => tell({ bytes }));
process.on('disconnect', () => process.exit(0));
