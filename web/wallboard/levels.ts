// Which colour a number gets. `good` inside its band, `near` when it misses an end by no more than a tenth of it, else `bad`.

import type { Band } from './frames'

export type Level = 'good' | 'near' | 'bad' | 'none'

const NEAR = 0.1

export function levelOf(value: number | null, band: Band | undefined): Level {
  if (value === null || band === undefined) return 'none'
  return worst(
    band.low === null ? 'good' : short(band.low - value, band.low),
    band.high === null ? 'good' : short(value - band.high, band.high),
  )
}

function short(by: number, end: number): Level {
  if (by <= 0) return 'good'
  return by <= Math.abs(end) * NEAR ? 'near' : 'bad'
}

// A wait: within the service level's time, up to the longest a caller should wait, beyond.
export function levelOfWait(waitS: number, withinS: number, longestS: number): Level {
  if (waitS <= withinS) return 'good'
  return waitS <= longestS ? 'near' : 'bad'
}

const ORDER: Level[] = ['none', 'good', 'near', 'bad']

export function worst(...levels: Level[]): Level {
  return levels.reduce((one, other) => (ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one), 'none')
}
