/** The `errors` of Kibana's answer to an import, a line for each object. */
export function importFailures(errors: unknown): string[] {
  if (!Array.isArray(errors) || errors.length === 0) return ['kibana does not say why'];
  return errors.map((entry: ImportFailure | null) => {
    const name = entry?.meta?.title ?? entry?.title;
    const object = `${entry?.type ?? 'object'} ${entry?.id ?? ''}${name === undefined ? '' : ` "${name}"`}`;
    return `${object}: ${reasonOf(entry?.error)}`;
  });
}

interface ImportFailure {
  readonly type?: string;
  readonly id?: string;
  readonly title?: string;
  readonly meta?: { readonly title?: string };
  readonly error?: Reason;
}

interface Reason {
  readonly type?: string;
  readonly message?: string;
  readonly references?: readonly { readonly type?: string; readonly id?: string }[];
}

function reasonOf(reason: Reason | undefined): string {
  switch (reason?.type) {
    case 'missing_references': {
      const missing = (reason.references ?? []).map(({ type, id }) => `${type} ${id}`);
      return `it refers to what is not there: ${missing.join(', ')}`;
    }
    case 'unsupported_type':
      return 'this kibana does not know its type';
    case 'conflict':
    case 'ambiguous_conflict':
      return 'it conflicts with an object that is there';
    default:
      return reason?.message ?? reason?.type ?? 'kibana does not say why';
  }
}
