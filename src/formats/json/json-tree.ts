import { decimalText, parseBigDecimal, type BigDecimal } from '../../types/decimal.ts';
import { doubleText } from '../../types/java-number.ts';
import { JsonError } from './json-error.ts';
import {
  END_ARRAY,
  END_OBJECT,
  FALSE,
  FLOAT,
  INT,
  NULL,
  START_ARRAY,
  START_OBJECT,
  STRING,
  TRUE,
  type JsonTokenizer,
} from './json-tokenizer.ts';

/** A JSON value read as a whole, with the distinctions that Jackson's JsonNode makes. */
export type JsonTree = null | boolean | string | bigint | DoubleNode | DecimalNode | JsonTree[] | Map<string, JsonTree>;

export class DoubleNode {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A number with a fraction or exponent where some column of the table is a DECIMAL: exact, zeros at the end taken off. */
export class DecimalNode {
  readonly value: BigDecimal;

  constructor(value: BigDecimal) {
    this.value = value;
  }
}

/** The value that the current token begins; the tokenizer then stands on its last token. Of equal keys the last one counts. */
export function readTree(json: JsonTokenizer, exactFractions: boolean): JsonTree {
  switch (json.token) {
    case NULL:
      return null;
    case TRUE:
      return true;
    case FALSE:
      return false;
    case STRING:
      return json.text();
    case INT:
      return BigInt(json.text());
    case FLOAT:
      // Of what is infinite as a double Jackson makes one even here.
      return exactFractions && Number.isFinite(Number(json.text()))
        ? new DecimalNode(withoutTrailingZeros(json.text()))
        : new DoubleNode(Number(json.text()));
    case START_ARRAY: {
      const elements: JsonTree[] = [];
      while (json.nextInside() !== END_ARRAY) elements.push(readTree(json, exactFractions));
      return elements;
    }
    case START_OBJECT: {
      const fields = new Map<string, JsonTree>();
      while (json.nextInside() !== END_OBJECT) {
        const name = json.text();
        json.next();
        fields.set(name, readTree(json, exactFractions));
      }
      return fields;
    }
    default:
      throw new JsonError('expected a JSON value');
  }
}

function withoutTrailingZeros(text: string): BigDecimal {
  const value = parseBigDecimal(text);
  if (value === undefined) throw new JsonError('the number is too large');
  if (value.unscaled === 0n) return { unscaled: 0n, scale: 0 };
  const digits = String(value.unscaled);
  const zeros = digits.length - digits.replace(/0+$/, '').length;
  return zeros === 0 ? value : { unscaled: BigInt(digits.slice(0, -zeros)), scale: value.scale - zeros };
}

/** A number as `JsonNode.asText` gives it; undefined for what is no number. */
export function numberText(tree: JsonTree): string | undefined {
  if (typeof tree === 'bigint') return String(tree);
  if (tree instanceof DoubleNode) return doubleText(tree.value);
  return tree instanceof DecimalNode ? decimalText(tree.value.unscaled, tree.value.scale) : undefined;
}

/** `JsonNode.toString`: compact JSON. */
export function treeText(tree: JsonTree): string {
  if (tree === null) return 'null';
  if (typeof tree === 'boolean') return String(tree);
  if (typeof tree === 'string') return quoted(tree);
  if (Array.isArray(tree)) return `[${tree.map(treeText).join(',')}]`;
  if (tree instanceof Map) return `{${Array.from(tree, ([name, value]) => `${quoted(name)}:${treeText(value)}`).join(',')}}`;
  if (tree instanceof DoubleNode && !Number.isFinite(tree.value)) return `"${doubleText(tree.value)}"`;
  return numberText(tree) as string;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

function quoted(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (char) => {
    const short = SHORT_ESCAPES[char];
    return short ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
