import { setParameters, useAddress } from './address.ts';
import { countText } from './format.ts';

/** The page of the address, of so many that there are; `search` of the address narrows what is paged. */
export interface Paging<T> {
  readonly shown: readonly T[];
  readonly page: number;
  readonly pages: number;
  readonly found: number;
}

export function usePaging<T>(all: readonly T[], nameOf: (each: T) => string, perPage: number): Paging<T> {
  const { parameters } = useAddress();
  const search = (parameters.search ?? '').toLowerCase();
  const found = search === '' ? all : all.filter((each) => nameOf(each).toLowerCase().includes(search));
  const pages = Math.max(1, Math.ceil(found.length / perPage));
  const page = Math.min(pages, Math.max(1, Math.floor(Number(parameters.page)) || 1));
  return { shown: found.slice((page - 1) * perPage, page * perPage), page, pages, found: found.length };
}

export function SearchInput({ what }: { what: string }) {
  const { parameters } = useAddress();
  return (
    <input
      type="search"
      placeholder={`Find ${what}`}
      aria-label={`Find ${what}`}
      value={parameters.search ?? ''}
      onInput={(event) => setParameters({ search: event.currentTarget.value || null, page: null }, true)}
    />
  );
}

/** From page to page; nothing where there is only one. */
export function Pager({ page, pages, found }: Paging<unknown>) {
  if (pages === 1) return null;
  const goTo = (next: number): void => setParameters({ page: next === 1 ? null : String(next) });
  return (
    <nav class="pager" aria-label="Pages of this list">
      <button type="button" class="button" disabled={page === 1} onClick={() => goTo(page - 1)}>
        ‹ Back
      </button>
      <span role="status">
        Page {page} of {pages}, {countText(found)} in all
      </span>
      <button type="button" class="button" disabled={page === pages} onClick={() => goTo(page + 1)}>
        Next ›
      </button>
    </nav>
  );
}
