import { useEffect, useState } from 'preact/hooks';

/** A value that components follow. */
export interface Store<T> {
  readonly value: T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(value: T): Store<T> {
  const listeners = new Set<() => void>();
  return {
    get value() {
      return value;
    },
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState(0);
  const { value } = store;
  useEffect(() => {
    const follow = (): void => redraw((count) => count + 1);
    // It may have changed since it was drawn.
    if (!Object.is(store.value, value)) follow();
    return store.subscribe(follow);
  }, [store]);
  return value;
}
