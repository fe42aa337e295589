import { ProblemsError } from '../base/problem.ts';

/** Where a Kibana is, and who asks. */
export interface KibanaAddress {
  /** With Kibana's base path, without a slash at the end, and without user and password: it can be shown. */
  readonly url: string;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/**
 * Takes the user and the password out of the URL, or else from KIBANA_USERNAME and KIBANA_PASSWORD. Fails with a ProblemsError
 * that does not repeat what it got: there may be a password in it.
 */
export function parseKibanaAddress(text: string, environment: Readonly<Record<string, string | undefined>>): KibanaAddress {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw mistake('--kibana is no http or https URL', 'Write for example http://localhost:5601');
  }
  if (parsed.search !== '' || parsed.hash !== '') {
    throw mistake('--kibana has a query or a fragment', "Write only Kibana's address with its base path, if it has one.");
  }
  const url = `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
  if (parsed.username !== '') {
    const [username, password] = [parsed.username, parsed.password].map(decodeOrKeep);
    return { url, credentials: { username, password } };
  }
  const { KIBANA_USERNAME: username, KIBANA_PASSWORD: password } = environment;
  if (!username && !password) return { url };
  if (!username || !password) {
    const missing = username ? 'KIBANA_PASSWORD' : 'KIBANA_USERNAME';
    throw mistake(`the environment variable ${missing} is missing`, 'Set both KIBANA_USERNAME and KIBANA_PASSWORD, or neither.');
  }
  return { url, credentials: { username, password } };
}

function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const mistake = (message: string, hint: string): ProblemsError =>
  new ProblemsError([{ code: 'KIBANA_ADDRESS_INVALID', message, hint }]);
