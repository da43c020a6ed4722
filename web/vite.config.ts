import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// Each page is a folder with an index.html; the engine serves dist/PAGE/index.html and, for all pages, dist/assets.
export default defineConfig({
  base: '/web/',
  plugins: [vue()],
  build: {
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: { input: { wallboard: 'wallboard/index.html' } },
  },
})
