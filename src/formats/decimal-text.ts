import { decimalText } from '../types/decimal.ts';

/**
 * A DECIMAL as Jackson writes it: zeros at its end are taken off first, so that 1.50 is `1.5` and 100.00 is `1E+2`, or `100`
 * where `plain` rules exponents out.
 */
export function strippedDecimalText(unscaled: bigint, scale: number, plain: boolean): string {
  if (unscaled === 0n) return '0';
  let value = unscaled;
  let rest = scale;
  while (value % 10n === 0n) {
    value /= 10n;
    rest--;
  }
  if (!plain) return decimalText(value, rest);
  if (rest <= 0) return String(value * 10n ** BigInt(-rest));
  const negative = value < 0n;
  const digits = String(negative ? -value : value).padStart(rest + 1, '0');
  const cut = digits.length - rest;
  return `${negative ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}
