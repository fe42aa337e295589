const SECRET = /passw|pwd|secret|jaas|token|credential|certificate\.chain|user-info|key$/i;
/** The same without quotes, where ordinary columns have names like `token`. */
const SECRET_WORD = /passw|secret/i;

const TOKEN = /'(?:[^']|'')*'?|"[^"]*"?|`[^`]*`?|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[\w.-]+|\s+|[^]/g;
/** Within a literal, as in a login module's options: `password="x"`. */
const LOGIN = /(\b[\w.-]{0,60}(?:passw|secret)[\w-]{0,20}\s*=\s*)("(?:[^"\\\n]|\\.)*|''[^'\n]*|[^\s'";]+)/gi;
/** A password in an address; it may hold an @ itself. */
const ADDRESS = /(:\/\/[^\s/@':]{0,100}:)([^\s/';]{1,200})(?=@)/g;

/** An option or setting of the name has a value that is secret. `passw` also finds what is misspelt. */
export const isSecret = (name: string): boolean => SECRET.test(name);

export interface Hidden {
  /** The text with asterisks for what may be secret: its length and its lines stay. */
  readonly text: string;
  /** What is hidden, where it is long enough to be told from other words. */
  readonly values: readonly string[];
}

/**
 * Hides the values of options such as `'password' = 'x'` in SQL, also where it is mistaken: in the wrong quotes or in none, on
 * the next line, without `=`.
 */
export function hideSecrets(sql: string): Hidden {
  let text = '';
  const values: string[] = [];
  const hide = (value: string): string => {
    const inner = value.replace(/^['"]|['"]$/g, '');
    if (inner.length >= 4) values.push(inner);
    return value.replace(/[^'"\s]/g, '*');
  };
  const within = (_: string, name: string, value: string): string => name + hide(value);
  /** What came before: a name that may be secret, in quotes or without, or that and =. */
  let before: 'nothing' | 'name' | 'word' | 'equals' = 'nothing';
  for (const [token] of sql.matchAll(TOKEN)) {
    const isLiteral = /^['"]/.test(token);
    const inner = isLiteral ? token.slice(1, token.length > 1 && token.endsWith(token[0]) ? -1 : undefined) : token;
    if (/^(\s|--|\/\*)/.test(token)) text += token;
    // Between quotes that do not match, what is outside of literals looks like one.
    else if (before !== 'nothing' && inner.trim() === '=') {
      before = 'equals';
      text += token;
    } else if (before === 'equals' || (before === 'name' && isLiteral)) {
      before = 'nothing';
      text += hide(token);
    } else {
      const isName = isLiteral && inner.length < 100 && !/\s/.test(inner) && isSecret(inner);
      before = isName ? 'name' : SECRET_WORD.test(token) && /^[\w.-]+$/.test(token) ? 'word' : 'nothing';
      text += isLiteral ? token.replace(LOGIN, within).replace(ADDRESS, within) : token;
    }
  }
  return { text, values };
}
