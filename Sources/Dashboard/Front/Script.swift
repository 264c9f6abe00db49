// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What makes a page follow what happens. Without it every page works, and stands still.
enum Script {
    static let text = #"""
        'use strict';
        // Asks now and then whether anything has changed; if so, fetches the same page and puts what differs in its place.
        (() => {
          const body = document.body;
          let stamp = body.dataset.stamp, wait = 3000, busy = false;
          const say = document.getElementById('doing');

          const copy = (event) => {
            const code = event.target.closest('[data-copy]');
            if (!code || event.type === 'keydown' && event.key !== 'Enter') return;
            const range = document.createRange();
            range.selectNodeContents(code);
            const selection = getSelection();
            selection.removeAllRanges();
            selection.addRange(range);
            if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(() => {
              code.classList.add('copied');
              setTimeout(() => code.classList.remove('copied'), 1200);
            }, () => {});
          };
          addEventListener('click', copy);
          addEventListener('keydown', copy);

          // A filter that is chosen is a filter that is meant.
          addEventListener('change', (event) => {
            const form = event.target.closest('form.filters');
            if (form && event.target.tagName === 'SELECT') form.requestSubmit();
          });

          const isInUse = () => {
            const active = document.activeElement;
            return active && active.closest('main') && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName)
              || String(getSelection()).length > 0;
          };

          const renew = async () => {
            const answer = await fetch(location.href, { credentials: 'same-origin', headers: { accept: 'text/html' } });
            if (!answer.ok) return;
            const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
            for (const place of ['#main', '.side', '.foot']) {
              const [old, now] = [document.querySelector(place), fresh.querySelector(place)];
              if (old && now && old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
            }
            document.title = fresh.title;
            stamp = fresh.body.dataset.stamp;
          };

          const look = async () => {
            if (busy || document.hidden) return;
            busy = true;
            try {
              const answer = await fetch('/live', { credentials: 'same-origin' });
              if (!answer.ok) throw new Error();
              const now = await answer.json();
              if (say && say.textContent !== now.doing) say.textContent = now.doing;
              if (String(now.stamp) !== stamp && !isInUse()) await renew();
              wait = 3000;
            } catch {
              wait = Math.min(60000, wait * 2);
              if (say) say.textContent = 'this service does not answer; what is shown may be old';
            } finally {
              busy = false;
            }
          };
          const turn = () => setTimeout(() => look().then(turn), wait);
          addEventListener('visibilitychange', () => { if (!document.hidden) look(); });
          turn();
        })();

        """#
}

enum Icon {
    static let svg = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0f5a4a" d="M16 2l11 4v9c0 7-5 12-11 15C10 27 5 22 5 15V6z"/><path fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" d="M10 16l4.5 4.5L22.5 11"/></svg>
        """
}
