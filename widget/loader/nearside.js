// The one script tag: a launcher, and nothing else until the visitor opens it. No storage, no request.
(() => {
  // An element of that name or id is not ours, however it came into the page.
  if (typeof window.Nearside?.open === 'function') return;
  const own = (s) => s instanceof HTMLScriptElement && /\/nearside\.js$/.test(new URL(s.src || 'about:blank', location).pathname);
  const script = [document.currentScript, ...document.querySelectorAll('script[src]')].find(own);
  const assets = new URL('.', script.src).href.replace(/\/$/, '');
  const data = script.dataset;
  const listeners = {};
  const calls = [];
  let failures = 0;
  let host, root, button, badge, chat, loading;

  const icon =
    '<svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true"><path fill="currentColor" d="M12 3C6.5 3 2 6.8 2 11.4c0 2.6 1.4 4.9 3.7 6.4L5 21.5l4.2-2.1c.9.2 1.8.3 2.8.3 5.5 0 10-3.7 10-8.3S17.5 3 12 3Z"/></svg>';
  const css = `:host{all:initial}
.launcher{position:fixed;inset-block-end:20px;inset-inline-end:20px;width:56px;height:56px;border:0;border-radius:50%;cursor:pointer;display:grid;place-items:center;z-index:2147483000;
color:var(--nearside-on-accent,#fff);background:var(--nearside-accent,#2f5bea);box-shadow:0 4px 16px #0004}
.launcher:focus-visible{outline:3px solid var(--nearside-focus,#ffb000);outline-offset:2px}
.launcher[hidden]{display:none}
.launcher span{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:20px;height:20px;border-radius:10px;background:#b3261e;color:#fff;font:600 12px/20px system-ui,sans-serif;text-align:center}
.launcher span:empty{display:none}`;
  const labels = { ar: 'فتح الدردشة', de: 'Chat öffnen', es: 'Abrir el chat', fr: 'Ouvrir le chat', id: 'Buka obrolan', it: 'Apri la chat', ja: 'チャットを開く', ko: '채팅 열기', pt: 'Abrir o chat', tr: 'Sohbeti aç', zh: '打开客服', en: 'Open chat' };
  // A tag that no browser reads (`en_US`, `C`) is mended, or passed over.
  const tag = (text) => {
    try {
      return Intl.getCanonicalLocales(text.replace(/_/g, '-'))[0];
    } catch {}
  };
  const locale = [data.lang, document.documentElement.lang, navigator.language].map((text) => text && tag(text)).find(Boolean) ?? 'en';

  // The file of the chat's words.
  const primary = locale.split('-')[0].toLowerCase();
  const language = /^zh-(hant|tw|hk|mo)/i.test(locale) ? 'zh-Hant' : labels[primary] ? primary : 'en';

  function emit(event, detail) {
    for (const f of listeners[event] ?? []) {
      try {
        f(detail);
      } catch (error) {
        console.error(error);
      }
    }
  }

  function load() {
    const words = () => fetch(`${assets}/chat/texts/${language}.json`).then((r) => r.json());
    // While a site is deployed, a module may meet the one before it: the next press fetches both anew.
    const anew = failures ? `?${failures}` : '';
    loading ??= Promise.all([import(`${assets}/chat/nearside_chat.js${anew}`), words()])
      .then(async ([module, texts]) => {
        await module.default({ module_or_path: `${assets}/chat/nearside_chat_bg.wasm${anew}` });
        const panel = document.createElement('div');
        host.shadowRoot.append(panel);
        module.mount(panel, {
          assets,
          api: data.api || new URL(assets).origin,
          site: data.site || 'demo',
          locale,
          texts,
          theme: data.theme || 'auto',
          analytics: data.analytics === 'on',
          images: data.images === 'on',
          emit,
          launcher: (open, unread) => {
            button.hidden = open;
            button.setAttribute('aria-expanded', String(open));
            badge.textContent = unread || '';
            if (!open && chat?.wasOpen) button.focus();
            if (chat) chat.wasOpen = open;
          },
        });
        chat = { call: module.call, wasOpen: true };
        for (const [name, value] of calls.splice(0)) chat.call(name, value);
      })
      .catch((error) => {
        loading = undefined;
        failures += 1;
        console.error('Nearside could not be loaded:', error);
      });
    return loading;
  }

  function call(name, value) {
    if (chat) return chat.call(name, value);
    calls.push([name, value]);
    load();
  }

  window.Nearside = {
    open: () => call('open'),
    close: () => chat && chat.call('close'),
    ask: (text) => call('ask', String(text)),
    // A token of the site's server says who the visitor is; null, that they have signed out.
    identify: (token) => {
      const said = token == null ? undefined : String(token);
      chat ? chat.call('identify', said) : calls.push(['identify', said]);
    },
    reset: () => call('reset'),
    on: (event, f) => {
      (listeners[event] ??= []).push(f);
    },
  };

  function attach() {
    host = document.createElement('nearside-chat');
    // Colours set on the script tag reach the shadow root as custom properties.
    for (const [name, value] of [['--nearside-accent', data.accent], ['--nearside-on-accent', data.onAccent]]) if (value) host.style.setProperty(name, value);
    root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    button = document.createElement('button');
    button.className = 'launcher';
    button.type = 'button';
    button.innerHTML = icon;
    button.setAttribute('aria-label', labels[primary] ?? labels.en);
    button.setAttribute('aria-haspopup', 'dialog');
    button.setAttribute('aria-expanded', 'false');
    badge = document.createElement('span');
    button.append(badge);
    button.addEventListener('click', window.Nearside.open);
    root.append(button);
    document.body.append(host);
    // A single-page application may replace the whole body; the chat goes with it and comes back.
    new MutationObserver(() => host.isConnected || document.body?.append(host)).observe(document.documentElement, { childList: true, subtree: true });
  }

  document.body ? attach() : addEventListener('DOMContentLoaded', attach);
})();
