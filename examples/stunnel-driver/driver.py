#!/usr/bin/env python3
"""A driver for stunnel: a plugin of Countersign that speaks countersign.driver/v1 (docs/plugins.md).

One request comes on standard input, one answer goes to standard output; nothing is kept in between but what lies on the device.
Needs Python 3.9 or later, its standard library only, and the programs stunnel4 and openssl.

Settings of the Device:
    config   the configuration file of the stunnel that runs
    reload   the program that makes a change live, one word without arguments
    binary   the stunnel that checks a candidate (default: stunnel4)

A slot is a pair of files. What is the driver's own lies in .stunnel-driver/ (0700) beside the slot's key:
    fence            the latest fence that was seen; whoever holds its lock is at work
    batch-ID/        of one batch: plan.json, the candidates as N.new, what they replaced as N.old
    previous/LEAF/   what was replaced, for as long as the device keeps it
"""
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pwd
import grp
import re
import shutil
import signal
import subprocess
import sys
import time

PROTOCOL = "countersign.driver/v1"
OWN = ".stunnel-driver"
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\r?\n?")


class Refusal(Exception):
    """An error of the protocol: code and message."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


# ------------------------------------------------------------------------------------------------------------------------ files

def read(path, limit=1 << 20):
    """The bytes of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        return None
    if len(content) > limit:
        raise Refusal("failed", f"{path}: larger than {limit} bytes")
    return content


def sync(folder):
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path, content, mode=0o600, owner=(-1, -1)):
    """Whole or not at all, with its final owner and mode before the first byte is in it."""
    new = path + ".part"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.fchown(handle, *owner)
        os.fchmod(handle, mode)
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left):]
        os.fsync(handle)
    except BaseException:
        os.unlink(new)
        raise
    finally:
        os.close(handle)
    os.rename(new, path)


def home(slot):
    return os.path.join(os.path.dirname(slot["privateKey"]), OWN)


def own_folder(path):
    """Made where it is not; it must be ours alone."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    status = os.lstat(path)
    if not os.path.isdir(path) or os.path.islink(path) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise Refusal("denied", f"{path} belongs to somebody else, or others may write to it")
    return path


def homes(slots):
    return sorted({home(slot) for slot in slots})


def pair(slot):
    if "certificate" not in slot:
        raise Refusal("unsupported", "a slot of stunnel is a pair: certificate and privateKey")
    return [slot["privateKey"], slot["certificate"]]


# ------------------------------------------------------------------------------------------------------------------------ fence

@contextlib.contextmanager
def fenced(request, slots):
    """Nobody else gets past a fence here until this ends, and nobody with an earlier one ever."""
    fence = request["fence"]
    with contextlib.ExitStack() as stack:
        for folder in homes(slots):
            own_folder(folder)
            handle = os.open(os.path.join(folder, "fence"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
            text = os.pread(handle, 4096, 0)
            kept = json.loads(text) if text.strip() else None
            if kept == fence:
                continue
            if kept:
                if kept["zone"] != fence["zone"]:
                    if kept["zone"] not in fence.get("succeeds", []) or fence["begun"] <= kept["begun"]:
                        raise Refusal("fenced", f"zone {kept['zone']} pushes here, and has not released it")
                elif kept["epoch"] != fence["epoch"]:
                    if fence["begun"] <= kept["begun"]:
                        raise Refusal("fenced", "a gateway whose state was begun later pushes here")
                elif fence["lease"] < kept["lease"]:
                    raise Refusal("fenced", f"lease {kept['lease']} was here, {fence['lease']} comes too late")
            # In place, since the lock is on the file; the end is filled, so that no rest of a longer one stays.
            os.pwrite(handle, json.dumps(fence).encode().ljust(512) + b"\n", 0)
            os.fsync(handle)
            sync(folder)
        yield


# ---------------------------------------------------------------------------------------------------------------------- looking

def state(slot):
    """Changes whenever what lies there does; None where nothing lies."""
    contents = [read(path) for path in pair(slot)]
    if not any(contents):
        return None
    digest = hashlib.sha256()
    for content in contents:
        digest.update(b"-" if content is None else b"+" + hashlib.sha256(content).digest())
    return digest.hexdigest()


def public_key(key):
    if not key:
        return None
    ran = subprocess.run(["openssl", "pkey", "-pubout"], input=key, capture_output=True)
    return ran.stdout.decode() if ran.returncode == 0 else None


def observation(slot):
    key, certificate = (read(path) for path in pair(slot))
    public = public_key(key)
    chain = b"".join(PEM.findall(certificate or b""))
    found = {"publicKey": public, "state": state(slot)}
    if chain:
        found["certificate"] = chain.decode()
    else:
        foreign = (certificate or b"") + (b"" if public else key or b"")
        if foreign:
            found["other"] = hashlib.sha256(foreign).hexdigest()
    return found


def named(configuration):
    """The files that the configuration names for certificates and keys."""
    found = []
    for line in configuration.decode(errors="replace").splitlines():
        name, _, value = line.strip().partition("=")
        if name.strip().lower() in ("cert", "key"):
            found.append(value.strip())
    return found


def configuration(request):
    content = read(request["device"]["settings"]["config"], 16 << 20)
    if content is None:
        raise Refusal("failed", f"{request['device']['settings']['config']}: no such file")
    return content


def observe(request):
    content = configuration(request)
    slots = [observation(slot) for slot in request["slots"]]
    digest = hashlib.sha256(content)
    for slot, found in zip(request["slots"], slots):
        status = [os.lstat(path) if os.path.lexists(path) else None for path in pair(slot)]
        digest.update(repr([(s.st_mode, s.st_uid, s.st_gid) if s else None for s in status]).encode())
        digest.update((found["state"] or "-").encode())
    token = digest.hexdigest()
    uses = set(named(content))
    answer = {"token": token, "referenced": [path for slot in request["slots"] for path in pair(slot) if path in uses]}
    if token != request.get("unlessStill"):
        answer["slots"] = slots
    left = set()
    for folder in homes(request["slots"]):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            left |= {name[len("batch-"):] for name in os.listdir(folder) if name.startswith("batch-")}
    answer["leftBatches"] = sorted(left)
    return answer


# ---------------------------------------------------------------------------------------------------------------------- batches

def batch_folder(folder, request):
    return os.path.join(folder, "batch-" + request["batch"])


def plan_of(folder, request):
    content = read(os.path.join(batch_folder(folder, request), "plan.json"))
    return json.loads(content) if content else []


def ids(owner):
    user, _, group = owner.partition(":")
    try:
        uid = int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid
        gid = -1 if not group else int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise Refusal("denied", f"there is no {owner} here")
    return uid, gid


def manner(path, slot, is_key):
    """Owner and mode of what is written: as declared, else as it is there, else the usual ones. Never readable by others."""
    there = os.stat(path) if os.path.exists(path) else None
    declared = slot.get("mode" if is_key else "certificateMode")
    mode = int(declared, 8) if declared else there.st_mode & 0o777 if there else 0o600 if is_key else 0o644
    owner = (there.st_uid, there.st_gid) if there else (-1, -1)
    if "owner" in slot:
        uid, gid = ids(slot["owner"])
        owner = (uid, gid if gid != -1 else owner[1])
    return mode & 0o770 if is_key else mode, owner


def expect(candidates):
    for candidate in candidates:
        if state(candidate["slot"]) != candidate["state"]:
            raise Refusal("changed", f"{candidate['slot']['certificate']}: holds something else than it did")


def stage(request):
    candidates = request["candidates"]
    with fenced(request, [candidate["slot"] for candidate in candidates]):
        expect(candidates)
        for folder in homes(candidate["slot"] for candidate in candidates):
            place = batch_folder(folder, request)
            if any(os.path.exists(os.path.join(place, step["old"])) for step in plan_of(folder, request)):
                raise Refusal("failed", "this batch has been switched already")
            shutil.rmtree(place, ignore_errors=True)
            os.mkdir(place, 0o700)
            plan = []
            for candidate in (one for one in candidates if home(one["slot"]) == folder):
                slot = candidate["slot"]
                for path, name in zip(pair(slot), ("privateKey", "certificate")):
                    content = candidate.get(name)
                    if content is None and candidate.get("certificate") is not None:
                        continue  # the key stays as it lies there
                    step = {"live": path, "new": None, "old": f"{len(plan)}.old", "had": read(path) is not None,
                            "before": digest_of(path), "after": None}
                    if content is not None:
                        step["new"] = f"{len(plan)}.new"
                        mode, owner = manner(path, slot, name == "privateKey")
                        write(os.path.join(place, step["new"]), content.encode(), mode, owner)
                        step["after"] = hashlib.sha256(content.encode()).hexdigest()
                    plan.append(step)
            write(os.path.join(place, "plan.json"), json.dumps(plan).encode())
            sync(place)
            sync(folder)
    return {}


def digest_of(path):
    content = read(path)
    return None if content is None else hashlib.sha256(content).hexdigest()


def check(request):
    """A second stunnel reads the same configuration, with what was staged in the place of the files that it names."""
    candidates = request["candidates"]
    text = configuration(request).decode(errors="replace")
    staged = {}
    for folder in homes(candidate["slot"] for candidate in candidates):
        for step in plan_of(folder, request):
            if step["new"] is not None:
                staged[step["live"]] = os.path.join(batch_folder(folder, request), step["new"])
    verdicts = []
    for candidate in candidates:
        missing = {path for path in named(text.encode()) if path not in staged and not os.path.exists(path)}
        if candidate.get("certificate") is None:
            verdicts.append({"accepted": True})
        elif missing:
            verdicts.append({"awaits": sorted(missing)})
        else:
            # Those of the others stay as they are, where anything is: each by itself shows which one is refused.
            own = pair(candidate["slot"])
            files = {live: new for live, new in staged.items() if live in own or not os.path.exists(live)}
            said = trial(request, text, files, batch_folder(home(candidate["slot"]), request))
            verdicts.append({"accepted": True} if said is None else {"refused": said})
    return {"verdicts": verdicts}


def trial(request, text, files, scratch):
    """What stunnel says against it; None: it would serve. It listens nowhere that anybody knows of, and is ended as soon as it has spoken."""
    lines = ["foreground = yes", "debug = notice", "syslog = no"]
    for line in text.splitlines():
        name, _, value = line.strip().partition("=")
        name, value = name.strip().lower(), value.strip()
        if name in ("pid", "output", "foreground", "debug", "syslog", "setuid", "setgid", "chroot"):
            continue
        if name == "accept":
            line = "accept = 127.0.0.1:0"
        if name in ("cert", "key") and value in files:
            line = f"{name} = {files[value]}"
        lines.append(line)
    path = os.path.join(scratch, "check.conf")
    write(path, ("\n".join(lines) + "\n").encode())
    binary = request["device"]["settings"].get("binary", "stunnel4")
    program = subprocess.Popen([binary, path], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = []
    try:
        for line in program.stderr:
            words = re.sub(r"^.*?LOG\d\[[^]]*\]: ", "", line.decode(errors="replace").strip())
            if "Configuration successful" in words:
                return None
            said.append(words)
    finally:
        program.kill()
        program.wait()
    shown = [words for words in said if "rror" in words or "ailed" in words or "match" in words] or said
    return "; ".join(shown[:5]) or "stunnel ended without a word"


def install(request):
    candidates = request["candidates"]
    with fenced(request, [candidate["slot"] for candidate in candidates]):
        plans = [(folder, plan_of(folder, request)) for folder in homes(one["slot"] for one in candidates)]
        if any(not plan for _, plan in plans):
            raise Refusal("failed", "this batch was not staged to the end")
        lives = {path for one in candidates for path in pair(one["slot"])}
        steps = [(batch_folder(folder, request), step) for folder, plan in plans for step in plan if step["live"] in lives]
        # Each file is as it was when it was staged, or was switched by this batch already.
        for _, step in steps:
            if digest_of(step["live"]) not in (step["before"], step["after"]):
                raise Refusal("changed", f"{step['live']}: holds something else than it did")
        for place, step in steps:
            live, old = step["live"], os.path.join(place, step["old"])
            if step["had"] and not os.path.exists(old):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(old + ".part")
                os.link(live, old + ".part", follow_symlinks=True)  # the very file: owner, mode and all
                os.rename(old + ".part", old)
        for place in {place for place, _ in steps}:
            sync(place)
        for place, step in steps:
            live = step["live"]
            if step["new"] is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(live)
            elif os.path.exists(os.path.join(place, step["new"])):
                os.rename(os.path.join(place, step["new"]), live)
        for folder in {os.path.dirname(step["live"]) for _, step in steps}:
            sync(folder)
    return {}


def make_live(request):
    with fenced(request, request["slots"]):
        reload = request["device"]["settings"]["reload"]
        ran = subprocess.run([reload], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if ran.returncode != 0:
            words = ran.stdout.decode(errors="replace").strip()[-500:]
            raise Refusal("refused", f"{reload}: exit status {ran.returncode}: {words}")
    return {}


def undo(request):
    changed = []
    with fenced(request, request["slots"]):
        lives = {path for slot in request["slots"] for path in pair(slot)}
        for folder in homes(request["slots"]):
            place = batch_folder(folder, request)
            for step in plan_of(folder, request):
                live, old = step["live"], os.path.join(place, step["old"])
                switched = step["new"] is None or not os.path.exists(os.path.join(place, step["new"]))
                if live not in lives or not switched:
                    continue
                now = digest_of(live)
                if now == step["before"] and (not step["had"] or not os.path.exists(old) or os.path.samefile(live, old)):
                    continue
                if now not in (step["before"], step["after"]):
                    changed.append(live)
                elif step["had"] and os.path.exists(old):
                    os.link(old, old + ".back")
                    os.rename(old + ".back", live)
                elif not step["had"]:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(live)
                sync(os.path.dirname(live))
    if changed:
        raise Refusal("changed", f"{', '.join(changed)}: somebody has changed it since")
    return {}


def clean(request):
    with fenced(request, request["slots"]):
        for folder in homes(request["slots"]):
            put_away(folder, request["batch"])
            expire(folder, request["keepPrevious"])
    return {}


def put_away(folder, batch):
    """What the batch replaced is kept; the rest of it goes."""
    place = os.path.join(folder, "batch-" + batch)
    content = read(os.path.join(place, "plan.json"))
    for step in json.loads(content) if content else []:
        old = os.path.join(place, step["old"])
        if os.path.exists(old) and digest_of(step["live"]) != step["before"]:
            kept = os.path.join(folder, "previous", f"{batch}-{step['old']}")
            with contextlib.suppress(FileExistsError):
                os.mkdir(os.path.dirname(kept), 0o700)
            os.rename(old, kept)
            os.utime(kept)
    shutil.rmtree(place, ignore_errors=True)
    sync(folder)


def expire(folder, keep):
    previous = os.path.join(folder, "previous")
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(previous):
            path = os.path.join(previous, name)
            if time.time() - os.stat(path).st_mtime > keep:
                os.unlink(path)


def tidy(request):
    with fenced(request, request["slots"]):
        for folder in homes(request["slots"]):
            for name in os.listdir(folder):
                if name.startswith("batch-") and name[len("batch-"):] not in request["open"]:
                    put_away(folder, name[len("batch-"):])
            expire(folder, request["keepPrevious"])
    return {}


# ---------------------------------------------------------------------------------------------------------------- the protocol

VERBS = {"observe": observe, "stage": stage, "check": check, "install": install, "makeLive": make_live, "undo": undo,
         "clean": clean, "tidy": tidy}
CODES = {errno.EACCES: "denied", errno.EPERM: "denied", errno.EROFS: "denied", errno.ELOOP: "denied",
         errno.ENOSPC: "noSpace", errno.EDQUOT: "noSpace"}


def late(_signal, _frame):
    raise Refusal("timedOut", "not done in time")


def answer(text):
    try:
        request = json.loads(text)
        if request["protocol"] != PROTOCOL:
            raise Refusal("unsupported", f"this driver speaks {PROTOCOL}")
        if request["verb"] not in VERBS:
            raise Refusal("unsupported", "this verb is not known")
        # Nothing goes on after the time that the other side waits.
        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, request["timeLimit"] * 0.95 / 1000)
        return {"protocol": PROTOCOL, "ok": VERBS[request["verb"]](request)}
    except Refusal as refusal:
        return {"protocol": PROTOCOL, "error": {"code": refusal.code, "message": refusal.message}}
    except OSError as error:
        message = f"{error.filename or ''}: {error.strerror}"
        return {"protocol": PROTOCOL, "error": {"code": CODES.get(error.errno, "failed"), "message": message}}
    except (ValueError, KeyError, TypeError) as error:
        # Never the text itself: a request holds private keys.
        return {"protocol": PROTOCOL, "error": {"code": "failed", "message": f"the request is not understood ({type(error).__name__})"}}


if __name__ == "__main__":
    json.dump(answer(sys.stdin.buffer.read()), sys.stdout)
