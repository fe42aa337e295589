/** Text in a charset that Java knows by this name too. */
export interface Charset {
  readonly name: string;
  /** What is not valid becomes U+FFFD. */
  decode(bytes: Buffer): string;
  /** What the charset does not have becomes a question mark. */
  encode(text: string): Uint8Array;
}

const CHARSETS: readonly Charset[] = [
  { name: 'UTF-8', decode: decodeUtf8, encode: (text) => Buffer.from(withoutHalves(text), 'utf8') },
  { name: 'US-ASCII', decode: decodeAscii, encode: (text) => Buffer.from(text.replace(/[^\0-\x7f]/gu, '?'), 'latin1') },
  {
    name: 'ISO-8859-1',
    decode: (bytes) => bytes.toString('latin1'),
    encode: (text) => Buffer.from(text.replace(/[^\0-\xff]/gu, '?'), 'latin1'),
  },
  { name: 'UTF-16LE', decode: decodeLittle, encode: (text) => Buffer.from(text, 'utf16le') },
  { name: 'UTF-16BE', decode: decodeBig, encode: (text) => Buffer.from(text, 'utf16le').swap16() },
  { name: 'UTF-16', decode: decodeMarked, encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16() },
];

const ALIASES: Readonly<Record<string, string>> = { UTF8: 'UTF-8', ASCII: 'US-ASCII', LATIN1: 'ISO-8859-1' };

export const CHARSET_NAMES: readonly string[] = CHARSETS.map((charset) => charset.name);

export function findCharset(name: string): Charset | undefined {
  const upper = name.toUpperCase();
  return CHARSETS.find((charset) => charset.name === (ALIASES[upper] ?? upper));
}

const withoutHalves = (text: string): string => text.toWellFormed().replaceAll('\ufffd', text.isWellFormed() ? '\ufffd' : '?');

function decodeAscii(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, '\ufffd');
}

function decodeLittle(bytes: Buffer): string {
  const text = bytes.toString('utf16le').toWellFormed();
  return bytes.length % 2 === 0 ? text : `${text}\ufffd`;
}

function decodeBig(bytes: Buffer): string {
  const even = bytes.length - (bytes.length % 2);
  const text = decodeLittle(Buffer.from(bytes.subarray(0, even)).swap16());
  return even === bytes.length ? text : `${text}\ufffd`;
}

/** A byte order mark tells the order; without one it is big-endian. */
function decodeMarked(bytes: Buffer): string {
  if (bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xfe) return decodeLittle(bytes.subarray(2));
  const isMarked = bytes.length >= 2 && bytes[0] === 0xfe && bytes[1] === 0xff;
  return decodeBig(isMarked ? bytes.subarray(2) : bytes);
}

/** Java takes an encoded surrogate, three bytes, for one malformed character; Node.js for three. */
function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  const copy = Buffer.from(bytes);
  for (let i = copy.indexOf(0xed); i !== -1 && i + 2 < copy.length; i = copy.indexOf(0xed, i + 1)) {
    if (copy[i + 1] >= 0xa0 && copy[i + 1] <= 0xbf && copy[i + 2] >= 0x80 && copy[i + 2] <= 0xbf) copy.write('\ufffd', i);
  }
  return copy.toString('utf8');
}
