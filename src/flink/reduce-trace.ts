import { isSecret } from '../base/hide-secrets.ts';
import { nearest } from '../base/nearest.ts';

/** What a stack trace of Flink's comes down to. */
export interface FlinkCause {
  /** FLINK_SYNTAX, FLINK_VALIDATION, FLINK_OPTION or FLINK_REFUSED. */
  readonly code: string;
  /** One line in lower case, without names of Java classes. */
  readonly message: string;
  readonly hint?: string;
  /** Where in the statement that was submitted. */
  readonly range?: TextRange;
  /** Texts that the failure is about, the most telling first: an option's key or value, a table. */
  readonly mentions: readonly string[];
}

/** Lines and columns count from 1; the end is inclusive, and missing where Flink names one position only. */
export interface TextRange {
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

/** One exception of the chain. */
interface Link {
  readonly className: string;
  readonly message: string;
}

/** A message that only says that something below failed. */
const WRAPPER =
  /^($|Failed to (fetchResults|execute the operation|execute sql|execute job|executeStatement)|Could not start the JobMaster|Recovery is suppressed|Error while applying rule|For input string|Global failure triggered by|Internal server error|Cannot (instantiate|start) the (JobMaster|coordinator)|Could not set up|Failed to submit job|Exception while|Unexpected exception|Job initialization failed)/;

/** Reduces a stack trace, or a single message, to its cause. */
export function reduceTrace(trace: string): FlinkCause {
  const chain = linksOf(trace);
  const root = chain.at(-1)!;
  const syntax = chain.find(({ className }) => /\bSqlParser\w*Exception$/.test(className));
  if (syntax !== undefined) return syntaxCause(syntax.message.replace(/^SQL parse failed\. /, ''));
  const placed = chain.find(({ className }) => className.endsWith('CalciteContextException'));
  if (placed !== undefined) {
    const { range, text } = withoutRange(placed.message);
    return { code: 'FLINK_VALIDATION', message: sentence(text), ...(range && { range }), mentions: quoted(text) };
  }
  const table = chain.map(({ message }) => /Unable to create a (?:source|sink) for \w+ table '([^']+)'/.exec(message)?.[1]);
  const tableName = table
    .find((name) => name !== undefined)
    ?.split('.')
    .at(-1);
  if (tableName !== undefined) return optionCause(root.message, tableName);
  return otherCause(chain);
}

/** The chain of exceptions, outermost first, each without its stack. At least one. */
function linksOf(trace: string): Link[] {
  const text = trace
    .replace(/^<Exception on server side:\n/, '')
    .replace(/\n+End of exception on server side>\s*$/, '')
    .split('\n')
    .filter((line) => !/^\s+(at |\.\.\. \d+ (more|common frames))/.test(line))
    .join('\n');
  return text.split(/^Caused by: /m).map((part) => {
    const found = /^((?:[a-z]\w*\.)+[A-Z][\w$]*)(?:: ([^]*))?$/.exec(part.trim());
    return found ? { className: found[1], message: withoutClassNames(found[2] ?? '') } : { className: '', message: part.trim() };
  });
}

/** An exception made from another one begins with the other's name. */
function withoutClassNames(message: string): string {
  return message.replace(/^((?:[a-z]\w*\.)+[A-Z][\w$]*(?:Exception|Error)(: |$))+/, '').trim();
}

/** `Encountered "FROM" at line 1, column 8.\nWas expecting one of:\n "(" ...`, and whatever else the parser says. */
function syntaxCause(message: string): FlinkCause {
  const code = 'FLINK_SYNTAX';
  const { range, text } = withoutRange(message);
  const encountered = /^Encountered "((?:[^"\\]|\\.)*)"/.exec(text);
  if (encountered) {
    const what = encountered[1].replace(/\\(.)/g, '$1').trim();
    const expected = [...text.matchAll(/^ {4}(\S.*?) \.\.\./gm)].map(([, word]) => word.replace(/^"(.*)"$/, '$1'));
    const isShort = expected.length > 0 && expected.length <= 6;
    return {
      code,
      message: what === '<EOF>' ? 'the statement ends too early' : `"${what}" does not fit here`,
      ...(isShort && { hint: `Flink expects ${expected.length === 1 ? '' : 'one of '}${expected.join(', ')}.` }),
      ...(range && { range }),
      mentions: [],
    };
  }
  if (text.startsWith('Lexical error') && text.includes('<EOF>'))
    return { code, message: 'a quote, or a comment, is never closed', ...(range && { range }), mentions: [] };
  return { code, message: sentence(text), ...(range && { range }), mentions: quoted(text) };
}

/** Why a table's options do not make a source or a sink; `message` is the innermost one. */
function optionCause(message: string, table: string): FlinkCause {
  const code = 'FLINK_OPTION';
  const listBehind = (title: string): string[] => {
    const behind = message.split(`${title}\n`)[1]?.trimStart() ?? '';
    return behind
      .split(/\n\s*\n/)[0]
      .split('\n')
      .map((line) => line.trim());
  };
  const connector = /Could not find any factory for identifier '([^']+)'/.exec(message);
  if (connector) {
    const names = listBehind('Available factory identifiers are:');
    const near = nearest(connector[1], names);
    const has = `This Flink has: ${names.join(', ')}. Others need their jar in its folder lib.`;
    const hint = near === undefined ? has : `Did you mean '${near}'?`;
    return { code, message: `this Flink has no connector or format '${connector[1]}'`, hint, mentions: [connector[1], table] };
  }
  if (message.includes('Unsupported options:')) {
    const [wrong, known] = [listBehind('Unsupported options:'), listBehind('Supported options:')];
    const near = nearest(wrong[0], known);
    return {
      code,
      message: `table "${table}": Flink's connector has no option ${wrong.map((key) => `'${key}'`).join(', ')}`,
      hint: near === undefined ? `Its options are: ${known.join(', ')}` : `Did you mean '${near}'?`,
      mentions: [...wrong, table],
    };
  }
  if (message.includes('Missing required options are:')) {
    const keys = listBehind('Missing required options are:');
    const hint = `Add ${keys.map((key) => `'${key}' = '…'`).join(', ')} to its WITH clause.`;
    return {
      code,
      message: `table "${table}" needs the option ${keys.map((key) => `'${key}'`).join(', ')}`,
      hint,
      mentions: [table],
    };
  }
  return { code, message: `table "${table}": ${sentence(message)}`, mentions: [...quoted(message), table] };
}

function otherCause(chain: readonly Link[]): FlinkCause {
  const telling = chain.filter(({ message }) => !WRAPPER.test(message));
  const root = telling.at(-1) ?? chain.findLast(({ message }) => message !== '');
  if (root === undefined) return { code: 'FLINK_REFUSED', message: namelessCause(chain), mentions: [] };
  // What Java or a client's library says needs the words of the one who called it.
  const isFlinks = root.className.startsWith('org.apache.flink.') && !root.className.includes('.shaded.');
  const caller = telling.findLast((link, i) => i < telling.length - 1 && !link.message.includes(root.message));
  const context = isFlinks || caller === undefined ? '' : `${sentence(firstLine(caller.message))}: `;
  const setting = /^Failed to set key (\S+) with value /m.exec(telling.map(({ message }) => message).join('\n'))?.[1];
  // The message holds the value.
  if (setting !== undefined && isSecret(setting))
    return { code: 'FLINK_REFUSED', message: `the value of '${setting}' is not valid`, mentions: [setting] };
  const exists = /^Table \(or view\) \S*?([^.\s]+) already exists/.exec(root.message);
  if (exists) return { code: 'FLINK_VALIDATION', message: `table "${exists[1]}" exists already`, mentions: [exists[1]] };
  const { range, text } = withoutRange(root.message);
  return {
    code: root.className.endsWith('ValidationException') ? 'FLINK_VALIDATION' : 'FLINK_REFUSED',
    message: context + sentence(text),
    ...hintFor(root.message),
    ...(range && { range }),
    mentions: quoted(text),
  };
}

/** No message at all: the innermost exception's name is all there is to tell. */
function namelessCause(chain: readonly Link[]): string {
  const name = chain.at(-1)!.className.split('.').at(-1) ?? '';
  const words = name.replace(/(Exception|Error)$/, '').replace(/\B([A-Z])/g, ' $1');
  return name === '' ? 'Flink gave no reason' : `a failure within Flink: ${words.toLowerCase().trim()}`;
}

function hintFor(message: string): { hint?: string } {
  if (/Cannot find checkpoint or savepoint/.test(message))
    return { hint: 'The path must be one that Flink can read: of its own machine, or of a shared file system.' };
  if (/does not host this topic/.test(message)) return { hint: 'Create the topics first: Flink does not do it.' };
  if (/must not be incompatible with the old state serializer/.test(message))
    return {
      hint: "The file's query has changed since the savepoint, whose state does not fit: submit it without --from-savepoint.",
    };
  if (/Cannot map checkpoint\/savepoint state/.test(message))
    return {
      hint: "The file's query has changed since the savepoint. To drop the state that fits nowhere: --set execution.savepoint.ignore-unclaimed-state=true",
    };
  if (/doesn't support consuming update/.test(message))
    return { hint: "Use a sink that takes updates: 'upsert-kafka', or 'elasticsearch-7' with a PRIMARY KEY." };
  const schemas = /Query schema: .*\n\s*Sink schema: .*/.exec(message)?.[0];
  return schemas ? { hint: schemas.replace(/\s*\n\s*/, '; ').replace(/ {2,}/g, ' ') } : {};
}

const RANGE = /(?:From line (\d+), column (\d+) to line (\d+), column (\d+)|(?:At|at) line (\d+), column (\d+))[:.]?\s*/;

function withoutRange(message: string): { range?: TextRange; text: string } {
  const found = RANGE.exec(message);
  if (!found) return { text: message };
  const [whole, line, column, endLine, endColumn, atLine, atColumn] = found;
  const range =
    line === undefined
      ? { line: Number(atLine), column: Number(atColumn) }
      : { line: Number(line), column: Number(column), endLine: Number(endLine), endColumn: Number(endColumn) };
  return { range, text: message.replace(whole, '') };
}

/** One line in the form of all problems: from a small letter on, no full stop, tables by their own names. */
function sentence(text: string): string {
  const paragraphs = text.split(/\n\s*(?:Table options are:|Query schema:|Available )|Was expecting one of:/)[0];
  const line = paragraphs
    .replaceAll(/(['`]?)default_catalog\1\.\1default_database\1\./g, '$1')
    .replaceAll(/\.?\s*\n\s*Cause: (.)/g, (_, letter: string) => `: ${letter.toLowerCase()}`)
    .replaceAll(/(?:[a-z]\w*\.){2,}([A-Z][\w$]*)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/ due to$|\.$/, '');
  return /^[A-Z][a-z]|^A /.test(line) ? line[0].toLowerCase() + line.slice(1) : line;
}

const firstLine = (text: string): string => text.split('\n')[0];

/** What stands in quotes, whole and, for a table, without its catalog. */
const quoted = (text: string): string[] =>
  [...text.matchAll(/'([^'\n]+)'/g)].flatMap(([, name]) => (name.includes('.') ? [name, name.split('.').at(-1)!] : [name]));
