import 'element-plus/dist/index.css';
import 'element-plus/theme-chalk/dark/css-vars.css';
import './styles/tokens.css';
import './styles/base.css';
import { createApp } from 'vue';
import App from './App.vue';
import { followLocale } from './locales/index.ts';
import { router } from './router.ts';
import { followTheme } from './ui/theme.ts';

followLocale();
followTheme();
createApp(App).use(router).mount('#app');
