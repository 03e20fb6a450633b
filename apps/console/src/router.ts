import { createRouter, createWebHistory } from 'vue-router';
import { nextPath } from './next-path.ts';
import { routes } from './routes.ts';
import { operator, resumeSession } from './session.ts';

export const router = createRouter({ history: createWebHistory(), routes });

router.beforeEach(async (to) => {
  if (to.name === 'sign-in') return operator.value ? nextPath(to.query['next']) : true;
  if (to.name === 'sign-in-answer') return true;
  const known = await resumeSession().catch(() => null);
  if (known && known.mustFirst !== null && to.name !== 'my-account')
    return { name: 'my-account', query: { next: to.fullPath } };
  return known ? true : { name: 'sign-in', query: to.path === '/' ? {} : { next: to.fullPath } };
});
