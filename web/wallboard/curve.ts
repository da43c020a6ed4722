// The day's curve: where each interval stands, and what the chart is told.

import type { ComposeOption } from 'echarts/core'
import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts'
import type { GridComponentOption } from 'echarts/components'
import type { Curve } from './frames'

export type Option = ComposeOption<BarSeriesOption | LineSeriesOption | GridComponentOption>

export interface Colours {
  text: string
  line: string
  bars: string
  lost: string
  before: string
  level: string
}

export interface Slots {
  labels: string[]
  answered: number[]
  rest: number[]
  level: (number | null)[]
  before: number[]
}

const DAY_S = 86_400

// Both days by the time since their midnight, so that the same hour stands over the same hour.
export function slotsOf(curve: Curve): Slots {
  const count = Math.ceil(DAY_S / curve.step_s)
  const slots: Slots = {
    labels: Array.from({ length: count }, (_, index) => label(index * curve.step_s)),
    answered: Array<number>(count).fill(0),
    rest: Array<number>(count).fill(0),
    level: Array<number | null>(count).fill(null),
    before: Array<number>(count).fill(0),
  }
  for (const point of curve.points) {
    const isToday = point.start >= curve.today
    const index = Math.floor((point.start - (isToday ? curve.today : curve.yesterday)) / curve.step_s)
    if (index < 0 || index >= count) continue
    if (isToday) {
      slots.answered[index] = point.answered
      slots.rest[index] = Math.max(point.offered - point.answered, 0)
      slots.level[index] = point.service_level === null ? null : Math.round(point.service_level * 100)
    } else {
      slots.before[index] = point.offered
    }
  }
  return slots
}

function label(seconds: number): string {
  const two = (part: number) => String(part).padStart(2, '0')
  return `${two(Math.floor(seconds / 3600))}:${two((seconds % 3600) / 60)}`
}

export function optionOf(curve: Curve, colours: Colours, fontSize: number): Option {
  const slots = slotsOf(curve)
  const text = { color: colours.text, fontSize }
  const perHour = 3600 / curve.step_s
  return {
    animation: false,
    grid: { left: 2, right: 2, top: fontSize * 0.6, bottom: 2, outerBoundsMode: 'same' },
    xAxis: {
      type: 'category',
      data: slots.labels,
      axisLabel: { ...text, interval: perHour * 4 - 1, hideOverlap: true },
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
    },
    yAxis: [
      { type: 'value', minInterval: 1, axisLabel: text, splitLine: { lineStyle: { color: colours.line } } },
      { type: 'value', min: 0, max: 100, interval: 50, axisLabel: { ...text, formatter: '{value}%' }, splitLine: { show: false } },
    ],
    series: [
      { type: 'bar', stack: 'day', data: slots.answered, color: colours.bars, barCategoryGap: '20%' },
      { type: 'bar', stack: 'day', data: slots.rest, color: colours.lost },
      {
        type: 'line',
        data: slots.before,
        color: colours.before,
        symbol: 'none',
        lineStyle: { width: fontSize / 8, type: 'dashed' },
      },
      {
        type: 'line',
        yAxisIndex: 1,
        data: slots.level,
        color: colours.level,
        symbol: 'none',
        connectNulls: true,
        lineStyle: { width: fontSize / 5 },
      },
    ],
  }
}
