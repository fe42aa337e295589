import { useRef } from 'preact/hooks';

/** Tabs as the keyboard knows them: one stop, arrows go from tab to tab. The panel has the id `panel`. */
export function Tabs<T extends string>({
  names,
  chosen,
  choose,
  panel,
}: {
  names: readonly T[];
  chosen: T;
  choose: (name: T) => void;
  panel: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = names.indexOf(chosen);
    const goTo = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (goTo === undefined) return;
    event.preventDefault();
    const next = (goTo + names.length) % names.length;
    choose(names[next]);
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    <div class="tabs" role="tablist" ref={list} onKeyDown={onKeyDown}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={chosen === name}
          aria-controls={panel}
          tabIndex={chosen === name ? 0 : -1}
          onClick={() => choose(name)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
