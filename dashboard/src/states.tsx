import type { ComponentChildren } from 'preact';
import { ServerError, type Answer } from './client.ts';

/** What stands where there is nothing to show yet. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty" role="status">
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Failure({ error }: { error: Error }) {
  const isServer = error instanceof ServerError;
  return (
    <div class="failure" role="alert">
      <strong>{isServer ? error.message : 'The server cannot be reached'}</strong>
      {isServer && error.hint !== null && <p>{error.hint}</p>}
      {!isServer && <p>The page goes on by itself once it is back.</p>}
    </div>
  );
}

export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class="skeleton" />
      ))}
    </div>
  );
}

/** An answer's content, or what stands in its place: the last good content stays through a failure, which is told above it. */
export function Content<T>({
  answer: { data, error },
  loading = <Loading />,
  children,
}: {
  answer: Answer<T>;
  loading?: ComponentChildren;
  children: (data: T) => ComponentChildren;
}) {
  if (data === null) return error === null ? <>{loading}</> : <Failure error={error} />;
  return (
    <>
      {/* That the server cannot be reached is told by the banner. */}
      {error instanceof ServerError && (
        <p class="note bad" role="alert">
          Not up to date: {error.message}
        </p>
      )}
      {children(data)}
    </>
  );
}

export function Panel({ title, actions, children }: { title: string; actions?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}
