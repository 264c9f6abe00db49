#!/usr/bin/env python3
# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Shows the plan of a pull request in one comment that is kept up to date, and sets the commit's status by it.

    comment.py --forge github|gitlab|forgejo --api URL --project OWNER/NAME --request NUMBER|all [--commit SHA] [--user NAME] -- PLAN OPTIONS

The token comes from FORGE_TOKEN. What stands behind `--` goes to `countersign plan`: --repo, --trust, --zone.
Decides nothing: who may push what is decided by signatures, which a gateway looks at itself. Python 3 and its standard library alone.

Written after these pages:
  GitHub   REST API endpoints for issue comments   https://docs.github.com/en/rest/issues/comments
           REST API endpoints for commit statuses  https://docs.github.com/en/rest/commits/statuses
           Best practices for using the REST API   https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
  GitLab   Notes API                               https://docs.gitlab.com/api/notes/
           Commits API, "Commit status"            https://docs.gitlab.com/api/commits/
  Forgejo  API Usage                               https://forgejo.org/docs/latest/user/api-usage/
           and each server's own reference         https://HOST/api/swagger
"""
import argparse, json, os, re, subprocess, sys, time, urllib.error, urllib.parse, urllib.request

# What only another commit lifts (docs/reference/codes.md), but for AwaitsPolicyChange, which people lift.
CONTENT = {
    "CertificateExpired", "CertificateRevoked", "ChainIncomplete", "Contested", "CoverageLoss", "DeviceIgnored",
    "DeviceMonitored",
    "EndpointNotAllowed", "KeyCompromised", "KeyNotForZone", "NameNotCovered", "NoApprover", "NotServerAuth",
    "UnknownRequester", "Unsupported", "WeakCertificate",
}
PAGES = 200
# GitHub answers 422 to a body of more than 65,536 characters.
LONGEST = 65_000


class Trouble(Exception):
    pass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes where it was meant to go, and nowhere else."""

    def redirect_request(self, *_):
        return None


class Forge:
    """GitHub and Forgejo; GitLab says the same in other words."""

    def __init__(self, api, project, token, user, patience):
        self.api, self.token, self.patience = api.rstrip("/"), token, patience
        place = urllib.parse.urlsplit(self.api)
        if place.scheme != "https" and place.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise Trouble(f"{self.api}: a token goes over https only")
        self.opener = urllib.request.build_opener(NoRedirect)
        self.place = self.place_of(project)
        self.user = user or self.call("GET", self.api + "/user")[0][self.login]

    login, author = "login", "user"

    def place_of(self, project):
        return f"{self.api}/repos/{urllib.parse.quote(project)}"

    def headers(self):
        return {"Authorization": f"token {self.token}", "Accept": "application/json"}

    def call(self, method, url, body=None):
        """One request; told to wait, it waits, within its patience."""
        data = None if body is None else json.dumps(body).encode()
        while True:
            request = urllib.request.Request(url, data, {**self.headers(), "Content-Type": "application/json"}, method=method)
            try:
                with self.opener.open(request, timeout=30) as answer:
                    return json.loads(answer.read() or b"null"), answer.headers
            except urllib.error.HTTPError as error:
                said = error.read(2000).decode("utf-8", "replace")
                wait = self.asked_to_wait(error.headers)
                if error.code not in (403, 429, 503) or not wait.isdigit():
                    raise Trouble(f"{method} {url}: {error.code} {said}") from None
                if max(1, int(wait)) > self.patience:
                    raise Trouble(f"{method} {url}: {error.code}, and to wait {wait} s is too long") from None
                # An answer of 0 is counted too, so that this ends.
                self.patience -= max(1, int(wait))
                time.sleep(int(wait))
            except OSError as error:
                raise Trouble(f"{method} {url}: {error}") from None

    @staticmethod
    def asked_to_wait(headers):
        """Seconds, as digits; GitHub names, where its hour's budget is spent, the second in which the next one begins."""
        spent, reset = headers.get("X-RateLimit-Remaining") == "0", headers.get("X-RateLimit-Reset", "")
        later = str(max(1, int(reset) - int(time.time()))) if spent and reset.isdigit() else ""
        return headers.get("Retry-After", later)

    def all(self, url):
        for _ in range(PAGES):
            items, headers = self.call("GET", url)
            yield from items
            following = re.search(r'<([^>]+)>;\s*rel="?next"?', headers.get("Link", ""))
            if not following:
                return
            url = following.group(1)
            if not url.startswith(self.api + "/"):
                raise Trouble(f"{url}: the next page is not at {self.api}")
        raise Trouble(f"more than {PAGES} pages of comments")

    def requests(self):
        for request in self.all(f"{self.place}/pulls?state=open&per_page=100&limit=50"):
            yield request["number"], request["head"]["sha"]

    def comments(self, request):
        return f"{self.place}/issues/{request}/comments"

    def update(self, request, comment, body):
        self.call("PATCH", f"{self.place}/issues/comments/{comment}", {"body": body})

    def keep(self, request, marker, body):
        """One comment: its own, which begins with the marker. Somebody else's is left alone."""
        for comment in self.all(self.comments(request) + "?per_page=100"):
            if (comment.get(self.author) or {}).get(self.login) == self.user and comment["body"].startswith(marker):
                if comment["body"].replace("\r\n", "\n").strip() != body.strip():
                    self.update(request, comment["id"], body)
                return
        self.call("POST", self.comments(request), {"body": body})

    def status(self, commit, state, words, context, link):
        """Only what is new: GitHub takes no more than 1,000 statuses of one context on one commit."""
        body = {"state": state, "description": words[:140], "context": context}
        if self.newest_status(commit, context) != (state, words[:140]):
            self.call("POST", f"{self.place}/statuses/{commit}", {**body, "target_url": link} if link else body)

    def newest_status(self, commit, context):
        """Of each context the latest one. What GitHub calls `state` in it, Forgejo calls `status`."""
        found = self.call("GET", f"{self.place}/commits/{commit}/status?per_page=100&limit=50")[0].get("statuses") or []
        return next(((one.get("status", one.get("state")), one["description"]) for one in found if one["context"] == context), None)


class GitHub(Forge):
    def headers(self):
        return {
            "Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
        }


class GitLab(Forge):
    login, author = "username", "author"

    def place_of(self, project):
        return f"{self.api}/projects/{urllib.parse.quote(project, safe='')}"

    def headers(self):
        return {"PRIVATE-TOKEN": self.token, "Accept": "application/json"}

    def requests(self):
        for request in self.all(f"{self.place}/merge_requests?state=opened&per_page=100"):
            yield request["iid"], request["sha"]

    def comments(self, request):
        return f"{self.place}/merge_requests/{request}/notes"

    def update(self, request, comment, body):
        self.call("PUT", f"{self.comments(request)}/{comment}", {"body": body})

    def status(self, commit, state, words, context, link):
        body = {"state": {"failure": "failed"}.get(state, state), "description": words[:140], "name": context}
        try:
            self.call("POST", f"{self.place}/statuses/{commit}", {**body, "target_url": link} if link else body)
        except Trouble as trouble:
            # GitLab takes no state twice in a row, and then leaves the description as it was.
            if "Cannot transition status" not in str(trouble):
                raise


def plan(options, commit, form):
    command = ["countersign", "plan", "--no-discover", "--ref", commit, "--format", form, *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    return done.returncode, done.stdout


def judged(code, document):
    """The status of a commit, and in words why."""
    if "error" in document:
        return "failure", document["error"]["message"].split("\n")[0]
    if document.get("invalidTip"):
        return "failure", "the declarations are not valid"
    if code not in (0, 2, 3):
        return "failure", f"countersign plan ended with {code}"
    orders = document["workOrders"]
    blocks = [block for order in orders for block in order["blocks"] if block["code"] in CONTENT]
    if blocks:
        return "failure", f"blocked: {blocks[0]['message']}"
    if code == 3:
        return "failure", "a limit refuses so many changes at once"
    ended = [order for order in orders if order["state"] in ("Rejected", "Cancelled")]
    if ended:
        return "failure", f"{ended[0]['id']} is {ended[0]['state'].lower()}"
    waiting = orders + document["policyChanges"]
    missing = sum(level["missing"] for item in waiting for level in item["levels"])
    if missing:
        return "pending", f"{missing} signature{'' if missing == 1 else 's'} missing"
    unready = [item for item in waiting if not item["digest"] or (not item["levels"] and item.get("action") != "adopt")]
    if unready:
        return "pending", "what is to be signed is not known yet"
    return "success", "all levels are complete" if waiting else "nothing is to be done"


def show(forge, options, request, commit, context, link):
    code, text = plan(options, commit, "json")
    try:
        document = json.loads(text)
    except ValueError:
        raise Trouble(f"countersign plan ended with {code} and no JSON") from None
    if document.get("error", {}).get("code") == "GitNotFound":
        # Pushed after the fetch: another run sees it.
        print(f"{request}: {commit} was not fetched")
        return
    state, words = judged(code, document)
    if "error" in document:
        # Indented, so that nothing in it is markup.
        said = "\n".join([document["error"]["message"], document["error"].get("hint") or ""])
        page = "**No plan**\n\n" + "\n".join("    " + line for line in said.splitlines()) + "\n"
    else:
        page = plan(options, commit, "markdown")[1]
    if len(page) > LONGEST:
        page = page[:LONGEST] + "\n\n…\n"
    marker = f"<!-- {context} -->"
    forge.keep(request, marker, f"{marker}\n{page}")
    forge.status(commit, state, words, context, link)
    print(f"{request}: {state}: {words}")


def main():
    parser = argparse.ArgumentParser(description="Shows the plan of a pull request in one comment, and sets the commit's status.")
    parser.add_argument("--forge", required=True, choices=["github", "gitlab", "forgejo"])
    parser.add_argument("--api", required=True, help="https://api.github.com, https://HOST/api/v4, https://HOST/api/v1")
    parser.add_argument("--project", required=True, help="OWNER/NAME; with GitLab also its number")
    parser.add_argument("--request", required=True, help="the number of the pull request, or 'all' for all that are open")
    parser.add_argument("--commit", help="its newest commit")
    parser.add_argument("--user", help="whose token it is, where the forge does not tell (github-actions[bot])")
    parser.add_argument("--context", default="countersign", help="one comment and one status for each")
    parser.add_argument("--link", help="where the status leads to")
    parser.add_argument("--patience", type=int, default=120, help="seconds to wait in all where the forge asks for it")
    parser.add_argument("plan", nargs="*", help="options of countersign plan, behind --")
    chosen = parser.parse_args()
    token = os.environ.pop("FORGE_TOKEN", "")
    if not token:
        raise Trouble("FORGE_TOKEN is not set")
    if (chosen.request != "all") == (not chosen.commit):
        raise Trouble("--request NUMBER goes with --commit SHA, and --request all without")
    kind = {"github": GitHub, "gitlab": GitLab, "forgejo": Forge}[chosen.forge]
    forge = kind(chosen.api, chosen.project, token, chosen.user, chosen.patience)
    requests = list(forge.requests()) if chosen.request == "all" else [(chosen.request, chosen.commit)]
    for request, commit in requests:
        if not re.fullmatch("[0-9a-f]{40}", commit):
            raise Trouble(f"{commit!r} is no commit")
        show(forge, chosen.plan, request, commit, chosen.context, chosen.link)


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        sys.exit(f"comment.py: {trouble}")
