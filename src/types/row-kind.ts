/** What a row of a changelog says: `+I` insert, `-U` the old and `+U` the new side of an update, `-D` delete. */
export const INSERT = 0;
export const UPDATE_BEFORE = 1;
export const UPDATE_AFTER = 2;
export const DELETE = 3;

export const ROW_KIND_TEXT = ['+I', '-U', '+U', '-D'] as const;

/** True for `-U` and `-D`: the row takes something back. */
export const isRetraction = (kind: number): boolean => kind === UPDATE_BEFORE || kind === DELETE;
