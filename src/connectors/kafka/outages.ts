/** Says once that something is away, and once that it is back. */
export class Outages {
  readonly #say: (line: string) => void;
  readonly #lasting = new Set<string>();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  get isAny(): boolean {
    return this.#lasting.size > 0;
  }

  isLasting(subject: string): boolean {
    return this.#lasting.has(subject);
  }

  began(subject: string, what: string): void {
    if (this.#lasting.has(subject)) return;
    this.#lasting.add(subject);
    this.#say(`${subject} ${what}`);
  }

  ended(subject: string, how = 'is back'): void {
    if (this.#lasting.delete(subject)) this.#say(`${subject} ${how}`);
  }
}
