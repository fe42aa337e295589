// What stands in messages must not steer the terminal that shows them.
import { expect, test } from 'vitest';
import { withoutControls } from '../../src/cli/without-controls.ts';

test.each([
  ['\u001b]0;title\u0007\u001b[2J', '\ufffd]0;title\ufffd\ufffd[2J'],
  ['a\0b\u0085c\u009bd\u007f', 'a\ufffdb\ufffdc\ufffdd\ufffd'],
  ['over\rwritten', 'over\ufffdwritten'],
  ['Budapest\t36\r\nBogotá 😀\n', 'Budapest\t36\r\nBogotá 😀\n'],
])('%j', (text, shown) => expect(withoutControls(text)).toBe(shown));
