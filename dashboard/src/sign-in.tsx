import { useEffect, useRef, useState } from 'preact/hooks';
import { needsToken, post, ServerError } from './client.ts';
import { followServer } from './live.ts';

/** Asks for the token that a server on another address than loopback wants. */
export function SignIn() {
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const signIn = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await post('/api/session', { token: token.trim() });
      needsToken.set(false);
      followServer();
    } catch (error) {
      setFailure(error instanceof ServerError ? 'That is not the token.' : 'The server cannot be reached.');
      input.current?.select();
    }
  };
  return (
    <form class="sign-in panel" onSubmit={(event) => void signIn(event)}>
      <h1>Isobar is locked</h1>
      <p>This server asks for the token that it was started with, by --token or in ISOBAR_TOKEN.</p>
      <label>
        <span>Token</span>
        <input
          ref={input}
          type="password"
          autocomplete="current-password"
          value={token}
          aria-invalid={failure !== null}
          aria-describedby={failure === null ? undefined : 'sign-in-failure'}
          onInput={(event) => {
            setToken(event.currentTarget.value);
            setFailure(null);
          }}
        />
      </label>
      <button type="submit" class="button primary" disabled={token === ''}>
        Sign in
      </button>
      {failure !== null && (
        <p class="hint" role="alert" id="sign-in-failure">
          {failure}
        </p>
      )}
    </form>
  );
}
