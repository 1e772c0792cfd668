/** A Vue application with a Pinia of its own, as an integrator would have: it imports the widget from Aside's server. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import Configurator from './Configurator.vue'

const say = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? ''

createApp(Configurator, { server: say('aside-server'), app: say('aside-app') })
  .use(createPinia())
  .mount('#configurator')
