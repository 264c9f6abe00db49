// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Two sets of colours (light and dark), every pair of which has a contrast of at least 4.5 to 1, and one layout that becomes a
/// column of cards where there is no room.
enum Stylesheet {
    static let text = """
        :root {
          --ground: #f5f6f8; --sheet: #ffffff; --raised: #f0f2f5; --line: #d5dae1; --ink: #171b22; --soft: #535c69;
          --link: #0b57a4; --focus: #0b57a4; --accent: #0f5a4a;
          --good: #14692f; --note: #0b57a4; --caution: #755200; --warning: #96410a; --bad: #b01c22; --failed: #535c69;
          --removed: #6f3fb5; --good-ground: #e4f3e8; --bad-ground: #fbe9e9; --wait-ground: #fdf3dc;
          --c-black: #111418; --c-gray: #6b7480; --c-red: #c4262e; --c-purple: #7d4cc4; --c-orange: #d96a0b;
          --c-yellow: #d1a000; --c-blue: #2a75d1; --c-green: #2c9a4b;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #0f1318; --sheet: #171c23; --raised: #1f262f; --line: #323b47; --ink: #e7ebf0; --soft: #a3adba;
            --link: #7db8ff; --focus: #7db8ff; --accent: #58c2a6;
            --good: #63cc82; --note: #7db8ff; --caution: #e3bb4d; --warning: #f5a25d; --bad: #ff8b85; --failed: #a3adba;
            --removed: #c6a3ff; --good-ground: #14281b; --bad-ground: #331a1c; --wait-ground: #2e2611;
            --c-black: #e7ebf0; --c-gray: #8c96a3; --c-red: #f0565c; --c-purple: #a97ff0; --c-orange: #f08a35;
            --c-yellow: #e6bf2f; --c-blue: #5a9df0; --c-green: #46bd68;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
          display: grid; grid-template: "top top" auto "side main" 1fr "side foot" auto / 13.5rem minmax(0, 1fr); min-height: 100vh; }
        a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
        a:hover { text-decoration-thickness: 2px; }
        :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
        main:focus { outline: none; }
        h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.05rem; margin: 0 0 .75rem; } h3 { font-size: .95rem; margin: 1rem 0 .25rem; }
        p { margin: 0 0 .5rem; } ul, ol { margin: 0 0 .5rem; padding-left: 1.25rem; } [role=list] { list-style: none; padding: 0; }
        code, pre, .id, ins, del { font-family: var(--mono); font-size: .92em; }
        code { overflow-wrap: anywhere; } .long { font-size: .85em; } .key code, code.key { font-size: .85em; }
        pre { overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; }
        q { font-style: italic; overflow-wrap: anywhere; }
        ins { text-decoration: none; background: var(--good-ground); color: var(--ink); padding: 0 .2em; border-radius: 3px; overflow-wrap: anywhere; }
        del { background: var(--bad-ground); color: var(--ink); padding: 0 .2em; border-radius: 3px; overflow-wrap: anywhere; }
        .id, .nowrap { white-space: nowrap; } .on { color: var(--soft); }
        .vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .skip { position: absolute; left: -999rem; top: 0; background: var(--sheet); padding: .5rem 1rem; z-index: 2; }
        .skip:focus { left: 0; }
        .t-strong { font-weight: 600; } .t-faint { color: var(--soft); } .t-good { color: var(--good); font-weight: 600; }
        .t-note { color: var(--note); font-weight: 600; } .t-caution { color: var(--caution); font-weight: 600; }
        .t-warning { color: var(--warning); font-weight: 600; } .t-bad { color: var(--bad); font-weight: 600; }
        .t-failed { color: var(--failed); font-weight: 600; } .t-removed { color: var(--removed); font-weight: 600; }
        .t-revoked { font-weight: 700; background: var(--ink); color: var(--sheet); padding: 0 .3em; border-radius: 3px; }

        .top { grid-area: top; display: flex; align-items: center; gap: .75rem 1.5rem; flex-wrap: wrap; padding: .6rem 1.25rem;
          background: var(--sheet); border-bottom: 1px solid var(--line); }
        .brand { display: flex; align-items: center; gap: .5rem; font-weight: 700; font-size: 1.1rem; color: var(--ink); text-decoration: none; }
        .brand svg { width: 1.7rem; height: 1.7rem; } .shield { fill: var(--accent); }
        .tick { fill: none; stroke: var(--sheet); stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
        .where { margin: 0; flex: 1 1 12rem; color: var(--soft); min-width: 0; overflow-wrap: anywhere; }
        .where b { color: var(--ink); margin-right: .5rem; }
        .find { display: flex; gap: .4rem; flex: 0 1 24rem; min-width: 0; } .find input { flex: 1; min-width: 0; }
        input, select, button { font: inherit; color: var(--ink); background: var(--sheet); border: 1px solid var(--soft);
          border-radius: 6px; padding: .35rem .6rem; min-height: 2.2rem; max-width: 100%; }
        ::placeholder { color: var(--soft); opacity: 1; }
        button { background: var(--raised); cursor: pointer; } button:hover { border-color: var(--ink); }

        .side { grid-area: side; padding: 1rem .75rem; border-right: 1px solid var(--line); background: var(--sheet); }
        .side ul { position: sticky; top: 1rem; }
        .side a { display: flex; justify-content: space-between; align-items: center; gap: .5rem; padding: .4rem .7rem; border-radius: 6px;
          color: var(--ink); text-decoration: none; }
        .side a:hover { background: var(--raised); text-decoration: underline; }
        .side a[aria-current] { background: var(--raised); font-weight: 600; box-shadow: inset 3px 0 var(--accent); }
        .badge { display: inline-block; min-width: 1.5rem; padding: 0 .4rem; border-radius: 1rem; background: var(--ink); color: var(--sheet);
          font-size: .8rem; font-weight: 600; text-align: center; }
        main { grid-area: main; padding: 1.25rem; min-width: 0; max-width: 84rem; width: 100%; }
        .foot { grid-area: foot; padding: 1rem 1.25rem; color: var(--soft); font-size: .85rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
        .foot p { margin: 0; }

        .card, .hero, .alert, .notice { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; margin: 0 0 1rem; }
        .alert { border-color: var(--bad); border-left-width: 5px; background: var(--bad-ground); }
        .notice { border-left: 5px solid var(--caution); background: var(--wait-ground); }
        .notice p { overflow-wrap: anywhere; white-space: pre-wrap; } .alert > :last-child, .notice > :last-child, .card > :last-child, .hero > :last-child, td p:last-child { margin-bottom: 0; }
        .hero { border-left-width: 6px; } .hero h1 { margin-bottom: .25rem; }
        .hero.good { border-left-color: var(--good); } .hero.wait { border-left-color: var(--caution); } .hero.bad { border-left-color: var(--bad); }
        .next { margin-top: .75rem; } .lead { font-size: 1.05rem; overflow-wrap: anywhere; } .intro, .more, .empty { color: var(--soft); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
        .tiles a { display: block; height: 100%; padding: .7rem .9rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 10px;
          color: var(--ink); text-decoration: none; border-top: 4px solid var(--line); }
        .tiles a:hover { border-color: var(--ink); } .tiles b { display: block; font-size: 1.7rem; line-height: 1.2; }
        .tiles span { color: var(--soft); font-size: .9rem; } .tiles .good a { border-top-color: var(--good); }
        .tiles .wait a { border-top-color: var(--caution); } .tiles .bad a { border-top-color: var(--bad); }

        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
        td time, td code { white-space: nowrap; } td code.key, td .long { white-space: normal; }
        th { font-size: .82rem; color: var(--soft); font-weight: 600; white-space: nowrap; } tr:last-child td { border-bottom: 0; }
        tr.has-below td { border-bottom: 0; padding-bottom: 0; } .below td { color: var(--soft); padding-top: 0; }
        main > .scroll { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: .25rem 1rem; margin-bottom: .75rem; }
        .note { font-size: .9rem; } .note + .card { margin-top: .75rem; } .diff { table-layout: fixed; } .diff th:first-child { width: 7rem; } .diff tr:last-child th { border-bottom: 0; } .same td { color: var(--soft); }
        .command code { display: inline-block; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .15rem .5rem;
          cursor: copy; user-select: all; } .copied { outline: 2px solid var(--good); }
        td .command code { margin-top: .25rem; } td:has(.command) { min-width: 19.5rem; } td:nth-child(-n+2) { min-width: 9rem; } .diff td { min-width: 0; }
        .colour { display: inline-flex; gap: .4rem; align-items: baseline; }
        .swatch { width: .85rem; height: .85rem; flex: none; position: relative; top: .1rem; overflow: visible; }
        .swatch path, .swatch rect, .swatch circle { fill: var(--c); } .swatch .stroke { fill: none; stroke: var(--c); stroke-width: 3.5; stroke-linecap: round; }
        .c-black { --c: var(--c-black); } .c-gray { --c: var(--c-gray); } .c-red { --c: var(--c-red); } .c-purple { --c: var(--c-purple); }
        .c-orange { --c: var(--c-orange); } .c-yellow { --c: var(--c-yellow); } .c-blue { --c: var(--c-blue); } .c-green { --c: var(--c-green); }
        rect[class^=c-] { fill: var(--c); }
        .bar { display: block; width: 100%; height: 1.1rem; border-radius: 4px; }
        .legend { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; margin: .6rem 0 0; align-items: center; }
        .legend a { color: var(--ink); text-decoration: none; display: inline-block; padding: .1rem 0; } .legend a:hover { text-decoration: underline; } .legend a .swatch { margin-right: .4rem; } .legend b { margin-right: .15rem; }
        .box { display: inline-block; width: 1rem; height: 1rem; border: 1px solid var(--line); } .box.good { background: var(--c-green); }
        .box.bad { background: repeating-linear-gradient(45deg, var(--c-red) 0 3px, var(--sheet) 3px 6px); }

        .title { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; } .title h1 { margin: 0 0 .5rem; } .title .state { font-size: 1.05rem; }
        .crumbs { margin-bottom: .5rem; font-size: .9rem; } .crumbs a { display: inline-block; padding: .15rem 0; } .crumbs a::before { content: "← "; }
        .facts { margin: 0; display: grid; gap: .5rem; } .facts div { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: .75rem; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } .name { display: inline-block; margin-right: .6rem; overflow-wrap: anywhere; }
        .tree, .tree ul { margin: 0; } .tree li { position: relative; padding-left: 1.6rem; }
        .tree li::before { content: ""; position: absolute; left: .35rem; top: 0; bottom: 0; border-left: 2px solid var(--line); }
        .tree li::after { content: ""; position: absolute; left: .35rem; top: 1.3rem; width: .9rem; border-top: 2px solid var(--line); }
        .tree > li::before { bottom: -.25rem; } .tree li:last-child::before { bottom: auto; height: 1.3rem; }
        .node { display: grid; grid-template-columns: minmax(12rem, 1.1fr) minmax(13rem, 1.2fr) minmax(14rem, 1.7fr); gap: .2rem 1rem; padding: .55rem .8rem;
          margin: .25rem 0; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); overflow-wrap: anywhere; }
        .how { display: flex; flex-direction: column; } .leaf { display: flex; flex-wrap: wrap; gap: .1rem .6rem; padding: .3rem 0; }
        .tree ul li::after { top: 1.05rem; } .tree ul li:last-child::before { height: 1.05rem; } .place { min-width: 16rem; } .old .node { border-style: dashed; }
        .levels { padding-left: 1.5rem; } .levels > li { margin-bottom: .5rem; } .levels .complete::marker { color: var(--good); }
        .days { list-style: none; padding: 0; margin: 0; } .days li { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: .3rem 0; border-bottom: 1px solid var(--line); }
        .days li:last-child { border: 0; } .days time { font-variant-numeric: tabular-nums; color: var(--soft); }
        .split { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: center; } .split > div { flex: 1 1 18rem; }
        .ring { width: 7.5rem; height: 7.5rem; flex: none; } .ring circle { fill: none; stroke-width: 14; } .ring .rest { stroke: var(--c-red); }
        .ring .part { stroke: var(--c-green); } .ring text { fill: var(--ink); font-size: 22px; font-weight: 700; }
        .chart { display: block; width: 100%; height: auto; min-width: 34rem; } .card:has(> .chart) { overflow-x: auto; }
        .chart .axis { fill: var(--soft); font-size: 13px; } .chart .rule { stroke: var(--line); }
        .chart .good { fill: var(--c-green); } .chart .bad { fill: url(#hatch); stroke: var(--c-red); } .hatch-ground { fill: var(--sheet); } .hatch-line { fill: var(--c-red); }
        .filters { display: flex; flex-wrap: wrap; gap: .6rem .9rem; align-items: end; margin: 0 0 1rem; }
        .filters label { display: grid; gap: .15rem; font-size: .85rem; color: var(--soft); min-width: 0; } .filters input { min-width: 15rem; }
        .pager { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; margin: .5rem 0 1rem; } .off { color: var(--soft); } .count { color: var(--soft); margin: .25rem 0; }

        @media (max-width: 60rem) { .node { grid-template-columns: minmax(0, 1fr); } .place { min-width: 0; } .leaf { display: block; } }
        @media (max-width: 48rem) {
          body { grid-template: "top" auto "side" auto "main" 1fr "foot" auto / minmax(0, 1fr); }
          .top { padding: .6rem .9rem; } .find { flex: 1 1 100%; } main { padding: .9rem; } .where { flex-basis: 100%; order: 2; } .find { order: 3; }
          .side { border-right: 0; border-bottom: 1px solid var(--line); padding: .3rem .5rem; }
          .side ul { position: static; display: flex; flex-wrap: wrap; gap: .1rem; margin: 0; } .side a { padding: .35rem .55rem; }
          .side a[aria-current] { box-shadow: inset 0 -3px var(--accent); }
          .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } h1 { font-size: 1.3rem; }
          .facts div { grid-template-columns: minmax(0, 1fr); gap: 0; } .filters label, .filters input, .filters select { width: 100%; min-width: 0; }
          .scroll { overflow: visible; } table, tbody, tr, td { display: block; } thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          tbody tr { padding: .6rem 0; border-bottom: 1px solid var(--line); } tbody tr:last-child { border-bottom: 0; }
          tbody tr.has-below { border-bottom: 0; padding-bottom: 0; } .below { padding-top: 0; }
          td, tbody th { border: 0; padding: .12rem 0; display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: .6rem; }
          td:nth-child(-n+2), td:has(.command) { min-width: 0; } td > div { grid-column: 2; min-width: 0; overflow-wrap: anywhere; } td code { white-space: normal; } td:has(> div:empty) { display: none; } td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; grid-column: 1; grid-row: 1; }
          .below td { display: block; } .diff tbody th { display: block; font-size: .95rem; color: var(--ink); }
        }
        @media (prefers-reduced-motion: no-preference) { .copied { transition: outline-color .2s; } }
        @media (forced-colors: active) { .swatch path, .swatch rect, .swatch circle, rect[class^=c-] { forced-color-adjust: none; } }
        @media print { .side, .find, .filters, .pager { display: none; } body { display: block; } }

        """
}
