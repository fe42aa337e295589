import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { PostgreSQL, sql, SQLDialect } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'preact/hooks';
import type { SqlProblem } from '../../src/server/api.ts';

const FLINK = SQLDialect.define({
  ...PostgreSQL.spec,
  identifierQuotes: '`',
  keywords: `${PostgreSQL.spec.keywords} watermark metadata virtual enforced tumble hop cumulate descriptor rowtime proctime try_cast`,
  types: `${PostgreSQL.spec.types} string bytes timestamp_ltz tinyint row map array multiset`,
});

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--code-type)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--quiet)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'var(--hover)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--selection) !important' },
  '&.cm-focused': { outline: 'none' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
  },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--red)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--red) 1.5px',
    textUnderlineOffset: '3px',
  },
});

/**
 * A text editor for SQL that marks mistakes at their place. It lives in a shadow root: its styles are then style sheets made by
 * script, which the content security policy allows.
 */
export function Editor({
  loaded,
  problems,
  onChange,
  onRun,
}: {
  /** What to begin with; another object loads its text. What is typed goes out only: coming back late it would undo what came after. */
  loaded: { readonly text: string };
  problems: readonly SqlProblem[];
  onChange: (text: string) => void;
  onRun: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const handlers = useRef({ onChange, onRun });
  handlers.current = { onChange, onRun };
  useEffect(() => {
    const root = box.current!.shadowRoot ?? box.current!.attachShadow({ mode: 'open' });
    const made = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: loaded.text,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          sql({ dialect: FLINK, upperCaseKeywords: true }),
          syntaxHighlighting(highlight),
          look,
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
          EditorView.lineWrapping,
          keymap.of([
            { key: 'Mod-Enter', run: () => (handlers.current.onRun(), true) },
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...historyKeymap,
            ...completionKeymap,
            ...lintKeymap,
            indentWithTab,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handlers.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const { state } = view.current!;
    if (state.doc.toString() === loaded.text) return;
    view.current!.dispatch({ changes: { from: 0, to: state.doc.length, insert: loaded.text } });
  }, [loaded]);
  useEffect(() => {
    const { state } = view.current!;
    const end = state.doc.length;
    const diagnostics = problems.map((problem): Diagnostic => {
      const from = Math.min(end, problem.place?.start ?? 0);
      return {
        from,
        to: Math.min(end, Math.max(from, problem.place?.end ?? end)),
        severity: 'error',
        source: problem.code,
        message: problem.hint === null ? problem.message : `${problem.message}\n${problem.hint}`,
      };
    });
    view.current!.dispatch(setDiagnostics(state, diagnostics));
  }, [problems]);
  return <div class="editor" ref={box} data-test="editor" />;
}
