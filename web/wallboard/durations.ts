// How long something has lasted, as a screen shows it.

// 0:07, 12:34, 1:02:03. Clocks differ a little: what began in the future has lasted no time.
export function clockLike(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (part: number) => String(part).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

export function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)}%`
}

export function wholeSeconds(seconds: number | null): string {
  return seconds === null ? '–' : `${Math.round(seconds)} s`
}

export function timeOfDay(at: number, zone: string, withSeconds = false): string {
  return new Intl.DateTimeFormat('zh-CN', {
    timeZone: zone,
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  }).format(at * 1000)
}
