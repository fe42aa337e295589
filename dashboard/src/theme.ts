import { createStore } from './store.ts';

export type Theme = 'light' | 'dark';

const preferred = matchMedia('(prefers-color-scheme: dark)');
const chosen = localStorage.getItem('isobar-theme') as Theme | null;

export const theme = createStore<Theme>(chosen ?? (preferred.matches ? 'dark' : 'light'));

const apply = (): void => {
  document.documentElement.dataset.theme = theme.value;
};
theme.subscribe(apply);
apply();
preferred.addEventListener('change', () => {
  if (localStorage.getItem('isobar-theme') === null) theme.set(preferred.matches ? 'dark' : 'light');
});

export function toggleTheme(): void {
  const next = theme.value === 'dark' ? 'light' : 'dark';
  localStorage.setItem('isobar-theme', next);
  theme.set(next);
}

/** Colours of charts: canvas knows no style sheet. */
export interface Colours {
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly surface: string;
  readonly accent: string;
  readonly green: string;
  readonly yellow: string;
  readonly red: string;
  /** The same for text, which needs more contrast. */
  readonly greenText: string;
  readonly yellowText: string;
  readonly redText: string;
  readonly series: readonly string[];
}

export const COLOURS: Readonly<Record<Theme, Colours>> = {
  light: {
    text: '#1a2433',
    quiet: '#5b6b80',
    line: '#e3e8ef',
    surface: '#ffffff',
    accent: '#0b5cad',
    green: '#2f9e62',
    yellow: '#e0a106',
    red: '#d64545',
    greenText: '#1d7043',
    yellowText: '#8a5f00',
    redText: '#b92f2f',
    series: ['#0b72d9', '#e8590c', '#2f9e62', '#9c36b5', '#c2255c', '#0c8599', '#a17a00', '#5f3dc4', '#e03131', '#5c7a29'],
  },
  dark: {
    text: '#e6edf5',
    quiet: '#93a4b8',
    line: '#2a3748',
    surface: '#172130',
    accent: '#5aa9f5',
    green: '#40c07d',
    yellow: '#f0b429',
    red: '#f26d6d',
    greenText: '#51cf91',
    yellowText: '#f0b429',
    redText: '#ff8080',
    series: ['#5aa9f5', '#ff9f5a', '#51cf91', '#d48cf0', '#f783ac', '#3bc9db', '#e9c46a', '#a99bff', '#ff8787', '#a9d65c'],
  },
};
