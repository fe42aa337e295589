/** An option or setting whose name says that its value is secret; a value may go on in the next line. */
const OPTION =
  /('[^'\n]*(?:password|secret|jaas|token|credential|keystore\.key|certificate\.chain)[^'\n]*'\s*=\s*')((?:[^'\n]|'')*)/gi;
/** As in a login module's options: `password="…"`. */
const LOGIN = /((?:password|secret|token)\s*=\s*")([^"\n]*)/gi;
/** A password in an address. */
const ADDRESS = /(:\/\/[^\s/@':]*:)([^\s/@']+)(?=@)/g;

/** A line of SQL with asterisks for the values that may be secret; its length stays. */
export function hideSecrets(line: string): string {
  const hide = (_: string, name: string, value: string): string => name + '*'.repeat(value.length);
  return line.replace(OPTION, hide).replace(LOGIN, hide).replace(ADDRESS, hide);
}
