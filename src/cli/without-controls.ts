/** Control characters, C0 and C1, but for tabs and line ends. */
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)/g;

/** A text for a terminal, which a message could otherwise clear or rename: � for each control character. */
export function withoutControls(text: string): string {
  return text.replace(CONTROLS, '\ufffd');
}
