// The health check of the image: 0 when this process may be sent work. Without a port that is known there is nothing to ask.
import { get } from 'node:http';

const { PARLEY_HEALTH_PORT: port } = process.env;
const leave = (code) => process.exit(code);
get({ host: '127.0.0.1', port, path: '/readyz', timeout: 2_000 }, ({ statusCode }) => leave(statusCode === 200 ? 0 : 1))
  .on('timeout', () => leave(1))
  .on('error', () => leave(1));
