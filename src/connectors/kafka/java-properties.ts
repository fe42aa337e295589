/**
 * Reads the lines of a Java properties file (java.util.Properties.load): `key=value`, `key: value` or `key value`; `#` and `!`
 * begin comments, a backslash at the end goes on in the next line, and \t \n \r \f \uXXXX stand for characters.
 */
export function parseJavaProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i].trimStart();
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue;
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(line) && i + 1 < lines.length) line = line.slice(0, -1) + lines[++i].trimStart();
    const match = /^((?:[^\\\s=:]|\\.)*)\s*[=:]?\s*(.*)$/s.exec(line);
    if (match !== null) properties.set(unescaped(match[1]), unescaped(match[2]));
  }
  return properties;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, character: string) =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(parseInt(code, 16)),
  );
}
