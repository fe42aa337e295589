/** Adds a number to an ascending list, once. */
export function insertSorted(numbers: number[], value: number): void {
  let at = numbers.length;
  while (at > 0 && numbers[at - 1] > value) at--;
  if (at > 0 && numbers[at - 1] === value) return;
  numbers.splice(at, 0, value);
}
