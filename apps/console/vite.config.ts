import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const SERVER = 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue()],
  define: {
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  // The server speaks to its own origin only, so the proxy says it is that origin.
  server: { proxy: { '/api': { target: SERVER, changeOrigin: true, headers: { origin: SERVER } } } },
  // Small assets stay files: the server's content security policy allows nothing inline.
  build: { target: 'es2022', assetsInlineLimit: 0 },
});
