/** The login module that belongs to a mechanism, without its package: Flink's jar carries the classes under names of its own. */
export const SASL_LOGIN_MODULES: ReadonlyMap<string, string> = new Map([
  ['PLAIN', 'PlainLoginModule'],
  ['SCRAM-SHA-256', 'ScramLoginModule'],
  ['SCRAM-SHA-512', 'ScramLoginModule'],
]);

export interface JaasLogin {
  /** The class without its package. */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

/** `package.Module required name="value" …;` as Kafka's `sasl.jaas.config` has it; undefined when it is something else. */
export function parseJaas(text: string): JaasLogin | undefined {
  const match = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b([\s\S]*);\s*$/i.exec(text);
  if (match === null) return undefined;
  const options = new Map<string, string>();
  const rest = match[2];
  const option = /\s+(?:([\w.]+|"[^"]+"))\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'|([^\s"';]+))/y;
  let end = 0;
  for (let found = option.exec(rest); found !== null; found = option.exec(rest)) {
    const value = (found[2] ?? found[3])?.replace(/\\([\s\S])/g, '$1') ?? found[4];
    options.set(found[1].replace(/"/g, ''), value);
    end = option.lastIndex;
  }
  if (rest.slice(end).trim() !== '') return undefined;
  return { module: match[1].slice(match[1].lastIndexOf('.') + 1), options };
}
