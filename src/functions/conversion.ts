import { createHash } from 'node:crypto';
import { INTEGER, STRING, typeName, withNullable, type SqlType } from '../types/sql-type.ts';
import { EvaluationError, SignatureError, type ScalarFunction } from './function.ts';
import { expectCount, signature, strict, wrongTypes } from './signature.ts';
import { textArguments } from './text-signature.ts';

/** Codes, character sets and hashes, and what a value's type is called. */

// ---------------------------------------------------------------- Base64

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Java's decoder: padding may be missing, but not be wrong; nothing but the alphabet may appear. */
function fromBase64(text: string): string {
  const digits = text.replace(/=+$/, '');
  const padding = text.length - digits.length;
  const isWrong = !BASE64.test(text) || digits.length % 4 === 1 || (padding > 0 && text.length % 4 !== 0);
  if (isWrong) throw new EvaluationError(`FROM_BASE64 cannot read '${text.length > 60 ? text.slice(0, 60) + '…' : text}'`);
  return Buffer.from(digits, 'base64').toString('utf8');
}

function toBase64(value: string | Uint8Array): string {
  return (typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.length)).toString(
    'base64',
  );
}

// ---------------------------------------------------------------- character sets

interface Charset {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

/** One byte for each character up to `last`, `?` for the others. */
function singleByte(last: number): Charset {
  return {
    encode: (text) =>
      Uint8Array.from(Array.from(text), (character) => (character.codePointAt(0)! > last ? 63 : character.codePointAt(0)!)),
    decode: (bytes) => Array.from(bytes, (byte) => (byte > last ? '\ufffd' : String.fromCharCode(byte))).join(''),
  };
}

function encodeUtf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = Buffer.from(text, 'utf16le');
  return new Uint8Array(littleEndian ? bytes : bytes.swap16());
}

function decodeUtf16(bytes: Uint8Array, littleEndian: boolean): string {
  return new TextDecoder(littleEndian ? 'utf-16le' : 'utf-16be', { ignoreBOM: true }).decode(bytes);
}

const BYTE_ORDER_MARK = '\ufeff';

const CHARSETS: Readonly<Record<string, Charset>> = {
  'US-ASCII': singleByte(127),
  'ISO-8859-1': singleByte(255),
  'UTF-8': {
    encode: (text) => new Uint8Array(Buffer.from(text)),
    decode: (bytes) => Buffer.from(bytes).toString('utf8'),
  },
  'UTF-16BE': { encode: (text) => encodeUtf16(text, false), decode: (bytes) => decodeUtf16(bytes, false) },
  'UTF-16LE': { encode: (text) => encodeUtf16(text, true), decode: (bytes) => decodeUtf16(bytes, true) },
  'UTF-16': {
    encode: (text) => (text === '' ? new Uint8Array() : encodeUtf16(BYTE_ORDER_MARK + text, false)),
    decode(bytes) {
      const text = decodeUtf16(bytes, bytes[0] === 0xff && bytes[1] === 0xfe);
      return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    },
  },
};

const CHARSET_NAMES = Object.keys(CHARSETS);

function charset(name: string): Charset {
  const found = CHARSETS[name.toUpperCase()];
  if (found === undefined)
    throw new EvaluationError(`unknown character set '${name}': it must be one of ${CHARSET_NAMES.join(', ')}`);
  return found;
}

// ---------------------------------------------------------------- hashes

function digest(algorithm: string, value: string | Uint8Array): string {
  return createHash(algorithm).update(value).digest('hex');
}

function hashFunction(name: string, algorithm: string, length: number, printed: string): ScalarFunction {
  return {
    name,
    summary: `The ${name} hash of a text or bytes, in lower-case hexadecimal digits.`,
    infer(args) {
      const types = textArguments(name, args, ['text or bytes']);
      return strict(args, types, { kind: 'CHAR', length, nullable: true });
    },
    implement: () => (value: string | Uint8Array) => digest(algorithm, value),
    examples: [[`${name}('a')`, printed]],
  };
}

const SHA2_LENGTHS = [224, 256, 384, 512];

const sha2: ScalarFunction = {
  name: 'SHA2',
  summary: 'A hash of the SHA-2 family, of 224, 256, 384 or 512 bits, in lower-case hexadecimal digits.',
  infer(args) {
    const types = textArguments('SHA2', args, ['text or bytes', 'int']);
    const length = args[1].literal;
    if (typeof length === 'number' && !SHA2_LENGTHS.includes(length)) {
      throw new SignatureError(`SHA2 takes 224, 256, 384 or 512 as number of bits, not ${length}`);
    }
    return strict(args, types, { kind: 'VARCHAR', length: 128, nullable: true });
  },
  implement: () => (value: string | Uint8Array, length: number) => {
    if (!SHA2_LENGTHS.includes(length))
      throw new EvaluationError(`SHA2 takes 224, 256, 384 or 512 as number of bits, not ${length}`);
    return digest(`sha${length}`, value);
  },
  examples: [["SHA2('a', 224)", 'abd37534c7d9a2efb9465de931cd7055ffdb8879563ae98078d6d6d5']],
};

/** The size of Java's `String.hashCode`. */
function hashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash === -2147483648 ? hash : Math.abs(hash);
}

// ---------------------------------------------------------------- TYPEOF

const typeOf: ScalarFunction = {
  name: 'TYPEOF',
  summary: 'The name of the type of a value.',
  nulls: 'custom',
  infer(args) {
    expectCount('TYPEOF', args, 1, 2);
    if (args.length === 2 && typeof args[1].literal !== 'boolean') throw wrongTypes('TYPEOF', args, 'a value and TRUE or FALSE');
    return signature(
      args,
      args.map(({ type }) => type),
      STRING,
    );
  },
  implement({ args: [type], literals }) {
    const name = literals[1] === true ? serializableName(type) : typeName(type);
    return () => name;
  },
  examples: [
    ["TYPEOF('abc')", 'CHAR(3) NOT NULL'],
    ['TYPEOF(CAST(1 AS STRING))', 'STRING NOT NULL'],
  ],
};

/** The name without the short forms STRING and BYTES. */
function serializableName(type: SqlType): string {
  return typeName(type)
    .replace(/\bSTRING\b/g, 'VARCHAR(2147483647)')
    .replace(/\bBYTES\b/g, 'VARBINARY(2147483647)');
}

// ---------------------------------------------------------------- the list

export const conversionFunctions: readonly ScalarFunction[] = [
  {
    name: 'FROM_BASE64',
    summary: 'The text that stands in Base64.',
    infer: (args) => strict(args, textArguments('FROM_BASE64', args, ['text']), STRING),
    implement: () => fromBase64,
    examples: [["FROM_BASE64('aGVsbG8gd29ybGQ=')", 'hello world']],
  },
  {
    name: 'TO_BASE64',
    summary: 'A text or bytes in Base64.',
    infer: (args) => strict(args, textArguments('TO_BASE64', args, ['text or bytes']), STRING),
    implement: () => toBase64,
    examples: [["TO_BASE64('hello world')", 'aGVsbG8gd29ybGQ=']],
  },
  {
    name: 'ENCODE',
    summary: 'The bytes of a text in a character set.',
    infer: (args) =>
      strictNullable(
        strict(args, textArguments('ENCODE', args, ['text', 'text']), { kind: 'VARBINARY', length: 2147483647, nullable: true }),
      ),
    mayReturnNull: true,
    implement: () => (text: string, name: string) => charset(name).encode(text),
    examples: [["ENCODE('aé', 'UTF-8')", '[97, -61, -87]']],
  },
  {
    name: 'DECODE',
    summary: 'The text that bytes are in a character set.',
    infer: (args) => strictNullable(strict(args, textArguments('DECODE', args, ['bytes', 'text']), STRING)),
    mayReturnNull: true,
    implement: () => (bytes: Uint8Array, name: string) => charset(name).decode(bytes),
    examples: [["DECODE(X'6162', 'UTF-8')", 'ab']],
  },
  {
    name: 'ASCII',
    summary: 'The first byte of a text in UTF-8, as a signed number; 0 for the empty text.',
    infer: (args) => strict(args, textArguments('ASCII', args, ['text']), INTEGER),
    implement: () => (text: string) => {
      const unit = text.charCodeAt(0);
      return unit < 128 ? unit : text === '' ? 0 : (Buffer.from(String.fromCodePoint(text.codePointAt(0)!))[0] << 24) >> 24;
    },
    examples: [["ASCII('abc')", '97']],
  },
  {
    name: 'CHR',
    summary: 'The character with a code, of which only the last eight bits count; the empty text for a negative one.',
    infer(args) {
      expectCount('CHR', args, 1);
      const { kind } = args[0].type;
      if (kind !== 'TINYINT' && kind !== 'SMALLINT' && kind !== 'INTEGER' && kind !== 'BIGINT')
        throw wrongTypes('CHR', args, 'a whole number');
      return strictNullable(strict(args, [args[0].type], STRING));
    },
    mayReturnNull: true,
    implement: () => (code: number | bigint) => (code < 0 ? '' : String.fromCharCode(Number(BigInt(code) & 255n))),
    examples: [
      ['CHR(97)', 'a'],
      ['CHR(353)', 'a'],
    ],
  },
  hashFunction('MD5', 'md5', 32, '0cc175b9c0f1b6a831c399e269772661'),
  hashFunction('SHA1', 'sha1', 40, '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'),
  hashFunction('SHA224', 'sha224', 56, 'abd37534c7d9a2efb9465de931cd7055ffdb8879563ae98078d6d6d5'),
  hashFunction('SHA256', 'sha256', 64, 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'),
  hashFunction(
    'SHA384',
    'sha384',
    96,
    '54a59b9f22b0b80880d8427e548b7c23abd873486e1f035dce9cd697e85175033caa88e6d57bc35efae0b5afd3145f31',
  ),
  hashFunction(
    'SHA512',
    'sha512',
    128,
    '1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75',
  ),
  sha2,
  {
    name: 'HASH_CODE',
    summary: "The size of a text's hash as Java computes it.",
    infer: (args) => strict(args, textArguments('HASH_CODE', args, ['text']), INTEGER),
    implement: () => hashCode,
    examples: [["HASH_CODE('abc')", '96354']],
  },
  typeOf,
];

function strictNullable(inferred: ReturnType<ScalarFunction['infer']>): ReturnType<ScalarFunction['infer']> {
  return { ...inferred, type: withNullable(inferred.type, true) };
}
