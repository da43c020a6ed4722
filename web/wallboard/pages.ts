// A wall has no hands to scroll: what does not fit is shown page by page.

import { computed, onMounted, onUnmounted, ref, watch, type Ref } from 'vue'

const PAGE_MS = 10_000

export function pageOf<Item>(items: Item[], perPage: number, page: number): Item[] {
  const size = Math.max(perPage, 1)
  return items.slice(page * size, (page + 1) * size)
}

export interface Tile {
  // In rem.
  width: number
  height: number
  gap: number
}

export function fitting(widthPx: number, heightPx: number, tile: Tile, remPx: number): number {
  const columns = Math.max(1, Math.floor((widthPx / remPx + tile.gap) / (tile.width + tile.gap)))
  const rows = Math.max(1, Math.floor((heightPx / remPx + tile.gap) / (tile.height + tile.gap)))
  return columns * rows
}

// `paged` false: the page scrolls, and everything is shown, or so many at a time.
export function usePages<Item>(
  box: Ref<HTMLElement | null>,
  items: () => Item[],
  tile: () => Tile,
  paged: () => boolean,
  most = Infinity,
) {
  const page = ref(0)
  const size = ref({ width: 0, height: 0, rem: 16 })
  const perPage = computed(() =>
    paged() ? fitting(size.value.width, size.value.height, tile(), size.value.rem) : Math.min(Math.max(items().length, 1), most),
  )
  const pages = computed(() => Math.max(1, Math.ceil(items().length / perPage.value)))
  const shown = computed(() => pageOf(items(), perPage.value, Math.min(page.value, pages.value - 1)))
  const observer = new ResizeObserver((entries) => {
    const box = entries[0]?.contentRect
    if (box) size.value = { width: box.width, height: box.height, rem: rem() }
  })
  const timer = window.setInterval(() => (page.value = (page.value + 1) % pages.value), PAGE_MS)
  onMounted(() => box.value && observer.observe(box.value))
  onUnmounted(() => {
    observer.disconnect()
    window.clearInterval(timer)
  })
  watch(pages, (count) => (page.value = Math.min(page.value, count - 1)))
  return { shown, page, pages }
}

function rem(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize)
}
