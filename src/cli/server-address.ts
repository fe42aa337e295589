import { InvalidArgumentError } from 'commander';

/** The address of one of Flink's servers, given as a URL or as host:port. */
export function serverAddress(text: string): string {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  if (url === null || url.hostname === '') throw new InvalidArgumentError('Write a URL, for example http://localhost:8081.');
  if (url.username !== '' || url.password !== '') throw new InvalidArgumentError('A URL with a password in it is not supported.');
  return url.href.replace(/\/+$/, '');
}
