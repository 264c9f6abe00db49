# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Answers as the forges' published APIs do, as far as one comment and one status go: below /github, /gitlab/api/v4 and /forgejo/api/v1.

The pages that it follows are named in examples/forges/comment.py. GET /seen/FORGE tells what it holds; POST /head names the newest commit of
the pull request; POST /limit says how the next requests are told to wait: `times`, and `wait` in seconds, by Retry-After or, with `reset`, as
GitHub does where an hour's budget is spent.
"""
import http.server, json, re, sys, time, urllib.parse

OWN = "countersign-bot"
MARKER = "<!-- countersign -->\n"


class Held:
    def __init__(self):
        self.comments = [
            {"id": n, "by": by, "body": body}
            for n, (by, body) in enumerate(
                [("alice", "hello"), ("mallory", MARKER + "all is well"), (OWN, "another comment of mine"), ("bob", "looks good"), ("bob", "again")], 1)
        ]
        self.statuses, self.patched = [], []


held = {name: Held() for name in ("github", "gitlab", "forgejo")}
limit = {"times": 0, "wait": "1", "reset": False}
head = [None]


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, code, body, headers={}):
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def handle_one(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        name, _, path = url.path[1:].partition("/")
        if name == "limit":
            limit.update(body)
            return self.answer(200, limit)
        if name == "head":
            head[0] = body
            return self.answer(200, body)
        if name == "seen":
            return self.answer(200, vars(held[path]))
        path = re.sub("^api/v[14]/", "", path)
        authorized = {
            "github": self.headers.get("Authorization") == "Bearer sesame", "forgejo": self.headers.get("Authorization") == "token sesame",
            "gitlab": self.headers.get("PRIVATE-TOKEN") == "sesame",
        }[name]
        if not authorized:
            return self.answer(401, {"message": "Bad credentials"})
        if limit["times"] > 0:
            limit["times"] -= 1
            if limit["reset"]:
                reset = str(int(time.time()) + int(limit["wait"]))
                return self.answer(403, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})
            return self.answer(429, {"message": "slow down"}, {"Retry-After": limit["wait"]})
        forge, gitlab = held[name], name == "gitlab"
        project = "projects/shop%2Fcertificates" if gitlab else "repos/shop/certificates"
        if path == "user":
            # An installation's token is no user's.
            return self.answer(403, {"message": "Resource not accessible by integration"}) if name == "github" else self.answer(
                200, {"id": 7, "username" if gitlab else "login": OWN})
        if not path.startswith(project + "/"):
            return self.answer(404, {"message": "Not Found"})
        rest = path[len(project) + 1:]

        def shown(comment):
            who = {"id": 1, "username" if gitlab else "login": comment["by"]}
            return {"id": comment["id"], "body": comment["body"], "author" if gitlab else "user": who}

        def shown_status(one):
            return {"status" if name == "forgejo" else "state": one["state"], "description": one["description"], "context": one["context"]}

        if name == "github" and len((body or {}).get("body", "")) > 65_536:
            error = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long (maximum is 65536 characters)"}
            return self.answer(422, {"message": "Validation Failed", "errors": [error], "status": "422"})

        if (self.command, rest) == ("GET", "merge_requests" if gitlab else "pulls"):
            sha = head[0]
            return self.answer(200, [{"id": 900, "iid": 4, "sha": sha} if gitlab else {"id": 900, "number": 4, "head": {"sha": sha}}])
        if rest == ("merge_requests/4/notes" if gitlab else "issues/4/comments"):
            if self.command == "POST":
                forge.comments.append({"id": len(forge.comments) + 1, "by": OWN, "body": body["body"]})
                return self.answer(201, shown(forge.comments[-1]))
            if name == "forgejo":
                # All of them: of an issue's comments there are no pages.
                return self.answer(200, [shown(comment) for comment in forge.comments])
            # Small pages, so that there are some.
            page, size = int(query.get("page", 1)), 2
            part = forge.comments[(page - 1) * size:page * size]
            more = page * size < len(forge.comments)
            link = f'<http://{self.headers["Host"]}{url.path}?page={page + 1}>; rel="next", <http://{self.headers["Host"]}/>; rel="last"'
            return self.answer(200, [shown(comment) for comment in part], {"Link": link} if more else {})
        update = re.fullmatch(r"merge_requests/4/notes/(\d+)" if gitlab else r"issues/comments/(\d+)", rest)
        if update and self.command == ("PUT" if gitlab else "PATCH"):
            comment = forge.comments[int(update.group(1)) - 1]
            comment["body"] = body["body"]
            forge.patched.append(comment["id"])
            return self.answer(200, shown(comment))
        status = re.fullmatch(r"statuses/([0-9a-f]{40})", rest)
        if status and self.command == "POST":
            states = {
                "gitlab": ("pending", "running", "success", "failed", "canceled", "skipped"), "github": ("error", "failure", "pending", "success"),
                "forgejo": ("pending", "success", "error", "failure", "warning"),
            }[name]
            if body["state"] not in states or not body.get("name" if gitlab else "context"):
                return self.answer(422, {"message": "Validation Failed"})
            if gitlab and forge.statuses and forge.statuses[-1][:2] == [status.group(1), body["state"]]:
                event = {"pending": "enqueue", "success": "success", "failed": "drop"}[body["state"]]
                said = f'Cannot transition status via :{event} from :{body["state"]} (Reason(s): Status cannot transition via "{event}")'
                return self.answer(400, {"message": said})
            forge.statuses.append([status.group(1), body["state"], body["description"]])
            said = {"id": len(forge.statuses), "description": body["description"], "target_url": body.get("target_url")}
            return self.answer(201, said | ({"sha": status.group(1), "status": body["state"], "name": body["name"]} if gitlab else shown_status(body)))
        combined = re.fullmatch(r"commits/([0-9a-f]{40})/status", rest)
        if combined and self.command == "GET" and not gitlab:
            # Of each context the latest; of another one there is one too.
            held_here = [one for one in forge.statuses if one[0] == combined.group(1)][-1:]
            found = [shown_status({"state": "failure", "description": "1 test failed", "context": "tests"})] + [
                shown_status({"state": state, "description": words, "context": "countersign"}) for _, state, words in held_here]
            return self.answer(200, {"state": "pending", "sha": combined.group(1), "total_count": len(found), "statuses": found})
        self.answer(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = do_PUT = handle_one

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(server.server_address[1]))
__import__("os").rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
