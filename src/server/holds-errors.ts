/** Whether a table is there for what is wrong with the input, by its name. */
export const holdsErrors = (table: string): boolean => /error|malformed|invalid|reject|dead.?letter/i.test(table);
