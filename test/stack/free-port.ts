import { createServer } from 'node:net';

// Below the ports that the system gives to outgoing connections: a client that tries again and again to reach a server that is
// away could otherwise be given the server's own port, and be connected with itself.
const FIRST = 20_000;
const COUNT = 12_000;

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
