#!/usr/bin/env python3
"""Looks at pages with headless Chromium, over WebDriver, and says what is wrong with them.

    browser.py URL FOLDER NAME=PATH...

Each page at 1280 and 390 pixels, light and dark; a picture of each in FOLDER. Prints one JSON object:
{"looks": [{"page", "width", "scheme", "violations": [], "console": [], "owned": false}], "followed": true}
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

# What axe and its like look for, as far as these pages can go wrong. Runs in the page.
CHECKS = r"""
const wrong = [];
const say = (rule, element) => wrong.push(rule + ': ' + (element.outerHTML || String(element)).slice(0, 160));
const all = (selector) => [...document.querySelectorAll(selector)];
const isSeen = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const style = getComputedStyle(e);
    if (style.display === 'none' || style.visibility === 'hidden') return false;
  }
  return element.getClientRects().length > 0;
};
const name = (element) => {
  const labelled = (element.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean)
    .map((id) => document.getElementById(id)?.textContent || '').join(' ');
  return (element.getAttribute('aria-label') || labelled || element.textContent || element.getAttribute('alt')
    || element.getAttribute('title') || '').trim();
};

// Document and landmarks.
if (!document.documentElement.lang) wrong.push('html-has-lang');
if (!document.title.trim()) wrong.push('document-title');
if (all('main').length !== 1) wrong.push('landmark-one-main');
if (all('body > header').length !== 1) wrong.push('landmark-banner');
if (all('body > footer').length !== 1) wrong.push('landmark-contentinfo');
for (const element of document.body.children) {
  if (!element.matches('header, nav, main, footer, a.skip, script')) say('region', element);
}
const labels = all('nav').map(name);
all('nav').forEach((nav) => { if (!nav.getAttribute('aria-label')) say('landmark-label', nav); });
if (new Set(all('nav').map((n) => n.getAttribute('aria-label'))).size !== labels.length) wrong.push('landmark-unique');
all('section, form').forEach((e) => { if (e.matches('form') && !e.getAttribute('aria-label')) say('form-label', e); });
if (all('h1').length !== 1) wrong.push('page-has-heading-one: ' + all('h1').length);
let level = 0;
all('h1, h2, h3, h4').forEach((heading) => {
  const now = Number(heading.tagName[1]);
  // Alerts stand before the page's own heading.
  if (level && now > level + 1) say('heading-order', heading);
  if (!heading.textContent.trim()) say('empty-heading', heading);
  level = now;
});
const ids = all('[id]').map((e) => e.id);
if (new Set(ids).size !== ids.length) wrong.push('duplicate-id: ' + ids.filter((id, i) => ids.indexOf(id) !== i));

// Names and labels.
all('a[href], button').forEach((e) => { if (!name(e)) say('link-or-button-name', e); });
all('input, select, textarea').forEach((e) => {
  if (!e.labels?.length && !e.getAttribute('aria-label')) say('label', e);
});
all('img:not([alt])').forEach((e) => say('image-alt', e));
all('svg').forEach((e) => {
  if (e.getAttribute('aria-hidden') !== 'true' && !(e.getAttribute('role') === 'img' && name(e))) say('svg-img-alt', e);
});
all('table').forEach((table) => {
  if (!table.caption) say('table-caption', table);
  table.querySelectorAll('th').forEach((th) => { if (!th.scope) say('th-scope', th); });
});
all('[aria-current], [tabindex]').forEach((e) => { if (Number(e.getAttribute('tabindex')) > 0) say('tabindex', e); });
all('ul > :not(li), ol > :not(li)').forEach((e) => say('list', e));
all('dl > :not(div)').forEach((e) => say('definition-list', e));
all('[style], [onclick], [onerror], [onload]').forEach((e) => say('inline', e));
all('script:not([src])').forEach((e) => say('inline-script', e));

// Contrast of every text that can be seen (WCAG 2.2, 1.4.3).
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] / 255 + below[i] * (1 - top[3] / 255)).concat(255);
const ground = (element) => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    if (colour[3]) layers.push(colour);
    if (colour[3] === 255) break;
  }
  let result = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 255] : [255, 255, 255, 255];
  for (const layer of layers.reverse()) result = over(layer, result);
  return result;
};
const luminance = (c) => {
  const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || seen.has(element) || element.closest('script, style, title, option, .vh, .skip') || !isSeen(element)) continue;
  seen.add(element);
  const style = getComputedStyle(element);
  const below = ground(element);
  const colour = over(rgba(element.closest('svg') ? style.fill : style.color), below);
  const size = parseFloat(style.fontSize), isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
  const found = ratio(colour, below);
  if (found < (isLarge ? 3 : 4.5)) say('color-contrast ' + found.toFixed(2), element);
}

// Room: nothing is wider than the window, and what is touched is large enough (WCAG 2.2, 2.5.8).
if (document.documentElement.scrollWidth > innerWidth) {
  wrong.push('reflow: ' + document.documentElement.scrollWidth + ' > ' + innerWidth);
  all('main *').filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && isSeen(e)).slice(0, 3).forEach((e) => say('too-wide', e));
}
all('nav a, button, input, select').forEach((e) => {
  const box = e.getBoundingClientRect();
  if (isSeen(e) && !e.closest('.vh') && (box.height < 23.5 || box.width < 23.5)) say('target-size', e);
});
return wrong;
"""

KEYBOARD = r"""
const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
return [e.className, box.left >= 0 && box.width > 0, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
"""


class Browser:
    def __init__(self, folder):
        self.driver = subprocess.Popen(
            [shutil.which("chromedriver") or "/usr/bin/chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True)
        self.base = None
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.base = f"http://127.0.0.1:{line.split('port')[1].strip().rstrip('.')}"
                break
        if self.base is None:
            raise SystemExit("chromedriver does not start")
        arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}", "--disable-dev-shm-usage",
                     "--no-first-run", "--force-device-scale-factor=1"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{answer['sessionId']}"

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.read().decode(errors='replace')[:2000]}")

    def cdp(self, command, **parameters):
        return self.call("POST", self.session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script):
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": []})

    def open(self, url):
        self.call("POST", self.session + "/url", {"url": url})

    def console(self):
        entries = self.call("POST", self.session + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("WARNING", "SEVERE")]

    def close(self):
        try:
            self.call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(timeout=30)


def shrunk(path):
    """Fewer colours make a picture of a page a fifth as large, where there is a tool for it."""
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--output", path, "64", path], check=False)


def look(browser, url, folder, name, path, width, scheme):
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=900 if width > 600 else 844, deviceScaleFactor=1, mobile=width < 600)
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(url + path)
    violations = browser.run(CHECKS)
    owned = browser.run("return document.title === 'owned' || !!document.querySelector('main img')")
    browser.cdp("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    browser.cdp("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    first = browser.run(KEYBOARD)
    if first != ["skip", True, True]:
        violations.append(f"the first key leads to {first}, not to the link that skips to the content")
    browser.run("document.activeElement.blur()")
    whole = browser.cdp("Page.getLayoutMetrics")["cssContentSize"]["height"]
    picture = browser.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                          clip={"x": 0, "y": 0, "width": width, "height": min(whole, 4000), "scale": 1})
    file = os.path.join(folder, f"{name}-{width}-{scheme}.png")
    with open(file, "wb") as out:
        out.write(base64.b64decode(picture["data"]))
    shrunk(file)
    # The address that is not there answers 404, which a browser tells its console.
    console = [line for line in browser.console() if not (name == "missing" and "404" in line)]
    return {"page": name, "width": width, "scheme": scheme, "violations": violations, "console": console, "owned": owned}


def follows(browser, url):
    """The script asks by itself, and says when the service was last heard."""
    browser.open(url + "/")
    browser.run("document.getElementById('doing').textContent = 'before'")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if "pass" in browser.run("return document.getElementById('doing').textContent"):
            return True
        time.sleep(0.1)
    return False


def main():
    url, folder, pages = sys.argv[1], sys.argv[2], [page.split("=", 1) for page in sys.argv[3:]]
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            looks = [look(browser, url, folder, name, path, width, scheme)
                     for name, path in pages for width in (1280, 390) for scheme in ("light", "dark")]
            followed = follows(browser, url)
        finally:
            browser.close()
    json.dump({"looks": looks, "followed": followed}, sys.stdout)


if __name__ == "__main__":
    main()
