// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Mustache

/// The pages' frames. They lie in the program itself: it needs no folder of files beside it.
enum Templates {
    static let library: MustacheLibrary = {
        var library = MustacheLibrary()
        for (name, text) in sources {
            // A template that does not parse is a mistake of ours; a test renders every one.
            if let template = try? MustacheTemplate(string: text) { library.register(template, named: name) }
        }
        return library
    }()

    static let sources: KeyValuePairs<String, String> = [
        "layout": layout, "overview": overview, "list": list, "topology": topology, "work-order": workOrder,
        "finished": finished, "request": request, "report": report, "expiry": expiry, "devices": devices,
        "search": search,
        "message": message, "starting": starting,
    ]

    private static let layout = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>{{title}} · {{repository}} · Countersign</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/style.css?v={{version}}">
        <script src="/assets/live.js?v={{version}}" defer></script>
        </head>
        <body data-stamp="{{stamp}}">
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
        <a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path class="shield" d="M16 2l11 4v9c0 7-5 12-11 15C10 27 5 22 5 15V6z"/><path class="tick" d="M10 16l4.5 4.5L22.5 11"/></svg><span>Countersign</span></a>
        <p class="where"><b>{{repository}}</b> <span id="doing" role="status">{{{doingHTML}}}</span></p>
        <form class="find" action="/search" method="get" role="search" aria-label="Everything"><label class="vh" for="find">Search everything</label><input id="find" type="search" name="find" value="{{q}}" placeholder="Name, host, fingerprint or ID" autocomplete="off" spellcheck="false"><button type="submit">Search</button></form>
        </header>
        <nav class="side" aria-label="Main"><ul role="list">{{#navigation}}<li><a href="{{href}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}>{{label}}{{{countHTML}}}</a></li>{{/navigation}}</ul></nav>
        <main id="main" tabindex="-1">
        {{#hasProblems}}<section class="alert" role="alert" aria-label="What is wrong with this service"><h2>This service is not well</h2><ul>{{#problems}}<li>{{text}}</li>{{/problems}}</ul></section>{{/hasProblems}}
        {{#hasNotices}}<section class="notice" aria-label="To know before anything else">{{{noticesHTML}}}</section>{{/hasNotices}}
        {{$content}}{{/content}}
        </main>
        <footer class="foot"><p>{{{standingHTML}}}</p><p>Countersign {{version}}. This page only shows; what is decided is decided by signed commits.</p></footer>
        </body>
        </html>
        """

    private static let overview = """
        {{<layout}}{{$content}}
        <div class="hero {{mood}}"><h1>{{headline}}</h1><p>{{{summaryHTML}}}</p>{{#hasNext}}<p class="next">Next: {{{nextHTML}}}</p>{{/hasNext}}</div>
        {{#hasPolicy}}<section class="notice" aria-label="A policy change waits">{{{policyHTML}}}</section>{{/hasPolicy}}
        <ul class="tiles" role="list">{{#tiles}}<li class="{{mood}}"><a href="{{href}}"><b>{{number}}</b> <span>{{label}}</span></a></li>{{/tiles}}</ul>
        <section class="card"><h2>Colours of all connectors</h2>{{{coloursHTML}}}</section>
        {{#hasWaiting}}<section class="card"><h2>What waits</h2>{{{waitingHTML}}}</section>{{/hasWaiting}}
        {{#hasWrong}}<section class="card"><h2>Not in sync</h2>{{{wrongHTML}}}</section>{{/hasWrong}}
        {{#hasSoon}}<section class="card"><h2>Ends next</h2>{{{soonHTML}}}</section>{{/hasSoon}}
        {{#hasTrail}}<section class="card"><h2>Ended last</h2>{{{trailHTML}}}</section>{{/hasTrail}}
        {{/content}}{{/layout}}
        """

    private static let list = """
        {{<layout}}{{$content}}
        <h1>{{heading}}</h1>
        {{#hasIntro}}<p class="intro">{{{introHTML}}}</p>{{/hasIntro}}
        {{{filtersHTML}}}
        {{#isEmpty}}<p class="empty">{{empty}}</p>{{/isEmpty}}
        {{{tableHTML}}}
        {{{pagerHTML}}}
        {{#hasMore}}<p class="more">{{{moreHTML}}}</p>{{/hasMore}}
        {{/content}}{{/layout}}
        """

    private static let topology = """
        {{<layout}}{{$content}}
        <nav class="crumbs" aria-label="Where this is"><a href="/certificates">Certificates</a></nav>
        <div class="title"><h1>{{heading}}</h1><p>{{{colourHTML}}}</p></div>
        {{^isDeclared}}<p class="notice">Not declared any more; only slots remember it.</p>{{/isDeclared}}
        <section class="card"><h2 class="vh">The certificate</h2>{{{factsHTML}}}</section>
        <section class="card"><h2>Topology</h2>
        {{#hasConnector}}<p class="key">certificate → connectors → endpoints</p>{{/hasConnector}}
        {{{treeHTML}}}
        {{#hasElsewhere}}<p>{{{elsewhereHTML}}}</p>{{/hasElsewhere}}
        {{{pagerHTML}}}
        {{#hasHint}}<p><b class="t-caution">No connector:</b> to push it, add a Binding:</p>{{{hintHTML}}}{{/hasHint}}
        </section>
        {{#hasPush}}<section class="card"><h2>Push to Device</h2><p>To ask for a push of what is declared again, which people then sign:</p><p>{{{pushHTML}}}</p></section>{{/hasPush}}
        {{/content}}{{/layout}}
        """

    private static let workOrder = """
        {{<layout}}{{$content}}
        <nav class="crumbs" aria-label="Where this is"><a href="/work-orders">Work orders</a></nav>
        <div class="title"><h1>{{heading}}</h1><p class="state">{{{stateHTML}}}</p></div>
        <p class="lead">{{{whatHTML}}}</p>
        {{{notesHTML}}}
        {{#isBlocked}}<section class="alert" aria-label="Why it is blocked"><h2>Blocked</h2><ul>{{#blocks}}<li>{{{codeHTML}}}</li>{{/blocks}}</ul></section>{{/isBlocked}}
        <section class="card"><h2>Who signs</h2>
        {{#hasPolicy}}<p class="on">Policy {{{policyHTML}}}</p>{{/hasPolicy}}
        {{{levelsHTML}}}
        {{{withoutPeopleHTML}}}
        {{#hasRequesters}}<h3>Asked for by</h3><ul>{{{requestersHTML}}}</ul>{{/hasRequesters}}
        {{#hasRefused}}<h3>Refused records</h3><ul>{{{refusedHTML}}}</ul>{{/hasRefused}}
        {{#hasCommand}}<p class="next">To {{verb}} it, type: {{{commandHTML}}}</p>{{/hasCommand}}
        </section>
        <section class="card"><h2>Plan</h2>{{#hasOutcome}}<p>{{{outcomeHTML}}}</p>{{/hasOutcome}}{{{planHTML}}}</section>
        <section class="card"><h2>Difference</h2>{{{differenceHTML}}}
        {{#hasDifferences}}<h3>Against what its slot last completed</h3><ul>{{#differences}}<li>{{text}}</li>{{/differences}}</ul>{{/hasDifferences}}
        </section>
        {{/content}}{{/layout}}
        """

    private static let finished = """
        {{<layout}}{{$content}}
        <nav class="crumbs" aria-label="Where this is"><a href="/audit">Audit trail</a></nav>
        <div class="title"><h1>{{heading}}</h1><p class="state">{{{stateHTML}}}</p></div>
        <section class="card"><h2>What was done</h2>{{{factsHTML}}}</section>
        <section class="card"><h2>Who signed</h2>{{#hasSignatures}}<ul>{{{signaturesHTML}}}</ul>{{/hasSignatures}}{{^hasSignatures}}<p>No approval of it is on record: it was never begun, or a standing approval stood for people.</p>{{/hasSignatures}}
        <p class="next">To prove it from git alone: {{{auditHTML}}}</p></section>
        {{/content}}{{/layout}}
        """

    private static let request = """
        {{<layout}}{{$content}}
        <nav class="crumbs" aria-label="Where this is"><a href="/requests">Requests</a></nav>
        <h1>{{heading}}</h1>
        <section class="card"><h2 class="vh">The request</h2>{{{factsHTML}}}{{#hasCommand}}<p class="next">To sign what is missing of all of it: {{{commandHTML}}}</p>{{/hasCommand}}</section>
        <section class="card"><h2>Work orders</h2>{{{tableHTML}}}{{{pagerHTML}}}</section>
        {{/content}}{{/layout}}
        """

    private static let report = """
        {{<layout}}{{$content}}
        <h1>{{heading}}</h1>
        {{{filtersHTML}}}
        <section class="card split"><h2 class="vh">In short</h2>{{{ringHTML}}}<div><p class="lead">{{{shareHTML}}}</p><p class="on">A push is successful when it was completed, and all endpoints that could be asked since then serve what was pushed.</p></div></section>
        {{#hasPushes}}<section class="card"><h2>Pushes of each day</h2>{{{chartHTML}}}<p class="legend"><span class="box good"></span> went well <span class="box bad"></span> failed, hatched</p></section>{{/hasPushes}}
        <section class="card"><h2>Each of them</h2>{{^hasPushes}}<p class="empty">Nothing was pushed in the last {{days}} days.</p>{{/hasPushes}}{{{tableHTML}}}{{{pagerHTML}}}</section>
        {{/content}}{{/layout}}
        """

    private static let expiry = """
        {{<layout}}{{$content}}
        <h1>{{heading}}</h1>
        {{#isEmpty}}<p class="empty">No certificate is declared yet.</p>{{/isEmpty}}
        {{^isEmpty}}<section class="card"><h2>The next weeks</h2>{{{chartHTML}}}</section>{{/isEmpty}}
        {{#months}}<section class="card"><h2>{{title}} <span class="badge">{{count}}</span></h2>{{{daysHTML}}}</section>{{/months}}
        {{{pagerHTML}}}
        {{/content}}{{/layout}}
        """

    private static let devices = """
        {{<layout}}{{$content}}
        <h1>{{heading}}</h1>
        <section class="card"><h2>Gateways</h2>{{{gatewaysHTML}}}</section>
        <section class="card"><h2>Devices</h2>{{{filtersHTML}}}{{#isEmpty}}<p class="empty">{{empty}}</p>{{/isEmpty}}{{{tableHTML}}}{{{pagerHTML}}}</section>
        {{/content}}{{/layout}}
        """

    private static let search = """
        {{<layout}}{{$content}}
        <h1>Found for “{{words}}”</h1>
        {{#isEmpty}}<p class="empty">Nothing here has these words in it.</p>{{/isEmpty}}
        {{#hasCertificates}}<section class="card"><h2>Certificates</h2>{{{certificatesHTML}}}</section>{{/hasCertificates}}
        {{#hasConnectors}}<section class="card"><h2>Connectors</h2>{{{connectorsHTML}}}</section>{{/hasConnectors}}
        {{#hasOrders}}<section class="card"><h2>Open work orders</h2>{{{ordersHTML}}}</section>{{/hasOrders}}
        {{#hasEnded}}<section class="card"><h2>Work orders that ended</h2>{{{endedHTML}}}</section>{{/hasEnded}}
        {{/content}}{{/layout}}
        """

    private static let message = """
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        <p class="lead">{{text}}</p>
        {{/content}}{{/layout}}
        """

    private static let starting = """
        {{<layout}}{{$content}}
        <h1>Nothing to show yet</h1>
        <p class="lead">The first pass has not ended. This page shows what it found as soon as it has.</p>
        {{/content}}{{/layout}}
        """
}
