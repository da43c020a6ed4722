// What all parts of the screen share: language, the ticking clock, whether the numbers hold.

import { inject, type InjectionKey, type Ref } from 'vue'
import type { Language, Settings } from './frames'

export interface Screen {
  language: Readonly<Ref<Language>>
  // The engine's clock, in seconds. It stands still while nothing is heard.
  now: Readonly<Ref<number>>
  settings: Readonly<Ref<Settings>>
}

export const SCREEN: InjectionKey<Screen> = Symbol('screen')

export function useScreen(): Screen {
  const screen = inject(SCREEN)
  if (screen === undefined) throw new Error('outside of the wallboard')
  return screen
}
