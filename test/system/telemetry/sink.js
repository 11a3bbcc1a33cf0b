// A collector that takes everything and keeps nothing, in a process of its own: says its port, then counts what it was sent.
import { createServer } from 'node:http';

let bytes = 0;
const server = createServer((request, response) => {
  request
    .on('data', (data) => (bytes += data.length))
    // The empty answer, in protobuf.
    .on('end', () => response.setHeader('content-type', 'application/x-protobuf').end());
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ bytes }));
process.on('disconnect', () => process.exit(0));
