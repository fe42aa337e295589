import { useState } from 'preact/hooks';
import { needsToken, post } from './client.ts';
import { followServer } from './live.ts';

/** Asks for the token that a server on another address than loopback wants. */
export function SignIn() {
  const [token, setToken] = useState('');
  const [isWrong, setWrong] = useState(false);
  const signIn = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await post('/api/session', { token });
      needsToken.set(false);
      followServer();
    } catch {
      setWrong(true);
    }
  };
  return (
    <form class="sign-in panel" onSubmit={(event) => void signIn(event)}>
      <h1>Token</h1>
      <p>This server asks for the token that it was started with.</p>
      <input
        type="password"
        aria-label="Token"
        autocomplete="current-password"
        value={token}
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <button type="submit" class="button primary" disabled={token === ''}>
        Go on
      </button>
      {isWrong && (
        <p class="hint" role="alert">
          That is not the token.
        </p>
      )}
    </form>
  );
}
