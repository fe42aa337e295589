/** Shows rows below their titles: the first column to the left, numbers to the right. */
export function topicTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = [titles, ...rows];
  const widths = titles.map((_, i) => Math.max(...table.map((cells) => cells[i].length)));
  return table
    .map((cells) => `${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`)
    .join('');
}
