/// <reference types="vite/client" />

declare module 'element-plus/es/locale/lang/*.mjs' {
  import type { Language } from 'element-plus/es/locale';

  const language: Language;
  export default language;
}
