// What a screen shows stands in its address, so that it needs no hands: ?lang=zh&theme=dark&queues=repair,sales#token=...
// The token comes after the #: browsers send that part to nobody.

import type { Language } from './frames'

export type Theme = 'auto' | 'dark' | 'light'

export interface Wanted {
  language: Language
  theme: Theme
  // Empty: all of them.
  queues: string[]
}

export function readAddress(search: string, browserLanguage: string): Wanted {
  const given = new URLSearchParams(search)
  const [language, theme] = [given.get('lang'), given.get('theme')]
  return {
    language: language === 'zh' || language === 'en' ? language : browserLanguage.startsWith('zh') ? 'zh' : 'en',
    theme: theme === 'dark' || theme === 'light' ? theme : 'auto',
    queues: (given.get('queues') ?? '').split(',').filter((name) => name !== ''),
  }
}

export function writeAddress(wanted: Wanted): string {
  const parts = [`lang=${wanted.language}`]
  if (wanted.theme !== 'auto') parts.push(`theme=${wanted.theme}`)
  if (wanted.queues.length > 0) parts.push(`queues=${wanted.queues.map(encodeURIComponent).join(',')}`)
  return `?${parts.join('&')}`
}

export function tokenIn(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? ''
}
