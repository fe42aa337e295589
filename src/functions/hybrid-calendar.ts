import { civilOfDays, daysOfCivil, type Civil } from '../types/civil.ts';

/** java.util.GregorianCalendar: the Gregorian calendar, and before 1582-10-15 the Julian one. */

const CUTOVER_DAYS = daysOfCivil(1582, 10, 15);

/** The date of a day. */
export function hybridOfDays(days: number): Civil {
  if (days >= CUTOVER_DAYS) return civilOfDays(days);
  // The Julian calendar repeats after 1461 days; day 0 of the count is 0000-03-01.
  const count = days - julianDays(0, 3, 1);
  const cycle = Math.floor(count / 1461);
  const inCycle = count - cycle * 1461;
  const year = Math.min(3, Math.floor(inCycle / 365));
  const dayOfYear = inCycle - year * 365;
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: cycle * 4 + year + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function julianDays(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) + dayOfYear - 719470;
}

/** Days since 1970-01-01 of a date whose month and day may count beyond their ranges. */
export function hybridDays(year: number, month: number, day: number): number {
  const years = year + Math.floor((month - 1) / 12);
  const inYear = month - Math.floor((month - 1) / 12) * 12;
  const days = daysOfCivil(years, inYear, 1) + day - 1;
  return days >= CUTOVER_DAYS ? days : julianDays(years, inYear, 1) + day - 1;
}
