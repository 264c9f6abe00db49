# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Section 3.1: who asked for what, told from the history of the branch in force."""

import re

from declared import declares, resources
from gitread import Refused, signer


class Touch:
    """What one commit changed, and whose it is."""

    def __init__(self, commit, subjects, raises, who):
        self.commit, self.subjects, self.raises = commit, subjects, raises
        self.signer, self.named, self.unknown, _ = who


class Askers:
    def __init__(self, git, trusted, branch):
        self.git, self.trusted, self.branch = git, trusted, branch
        self.changed, self.before = {}, {}

    def on_branch(self, commit):
        return bool(self.branch) and self.git.is_ancestor(commit, self.branch) and self.git.is_ancestor(self.trusted, commit)

    def reach(self, commit):
        """A commit and all before it that came after the trusted one."""
        if commit not in self.before:
            known = self.git.object(commit) is not None
            self.before[commit] = set(self.git.ancestors(commit, [self.trusted])) if known else set()
        return self.before[commit]

    def touches(self, commits, wanted, in_force, tip):
        found = []
        for commit in commits:
            subjects, raises = self.subjects(commit)
            if subjects & wanted:
                found.append(Touch(commit, subjects & wanted, raises & wanted, self.identity(commit, in_force, tip)))
        return found

    def asking(self, content, tip, last, in_force):
        """(people, unknown?) of one work order: `last` is the (content, tip) of the slot's last completed one, or None."""
        was = last[0] if last else {}
        # A removal names neither: who took them away asked for it.
        former = was if content["action"] == "remove" else {}
        name = content.get("certificate", former.get("certificate"))
        connector = "AppConnector", content["connector"]["name"]
        binding = "Binding", content.get("binding", former.get("binding", {})).get("name")
        certificate, files = ("Certificate", name), []
        if tip[certificate]:
            spec = tip[certificate].spec
            files = [spec["chain"]] + [spec["privateKey"][word] for word in ("encrypted",) if word in spec.get("privateKey", {})]
        after = self.reach(last[1]) if last else set()
        here = self.reach(tip.commit)
        since = {
            connector: after if was.get("connector", {}).get("name") == connector[1] else set(),
            binding: after if binding[1] and was.get("binding", {}).get("name") == binding[1] else set(),
            certificate: after if name and was.get("certificate") == name else set()}
        moved = any(certificate in self.subjects(commit)[0] for commit in here - after)
        for file in files:
            since[("file", file)] = set() if moved else since[certificate]
        counted = [touch for touch in self.touches(here, set(since), in_force, tip.trust)
                   if any(touch.commit not in since[subject] for subject in touch.subjects)]
        takers = [touch.commit for touch in counted if touch.signer and any(
            subject in (connector, binding) and touch.commit not in since[subject] for subject in touch.raises)]
        return self.people(counted, takers)

    def of_set(self, before, entry, in_force, tip):
        """(people, unknown?) of a policy change: who touched what differs between two trust sets."""
        wanted = {key for key in set(in_force.all) | set(tip.all)
                  if (in_force[key] and (in_force[key].spec, in_force[key].labels)) != (tip[key] and (tip[key].spec, tip[key].labels))}
        wanted |= {("file", path) for path in set(in_force.files) | set(tip.files) if in_force.files.get(path) != tip.files.get(path)}
        return self.people(self.touches(self.reach(entry) - self.reach(before), wanted, in_force, tip), [])

    def people(self, counted, takers):
        people, unknown = set(), False
        for touch in counted:
            people |= {touch.signer} if touch.signer else set()
            # A signed `countersign push` took over what came before it: of that only signers count.
            if any(touch.commit != taker and self.git.is_ancestor(touch.commit, taker) for taker in takers):
                continue
            people |= touch.named
            unknown = unknown or touch.unknown
        return people, unknown

    def identity(self, name, in_force, tip):
        commit = self.git.commit(name)
        emails = {}
        for one in [one for trust in (in_force, tip) for one in trust.of("Person")]:
            for email in one.spec.get("emails", []):
                emails.setdefault(email.lower(), set()).add(one.name)
        author = emails.get(commit.author[0].lower(), set()) if commit.author else set()
        text = commit.message.decode(errors="replace")
        named = set(author)
        for line in text.splitlines():
            match = re.match(r"co-authored-by:.*<([^<>]*)>", line, re.IGNORECASE)
            named |= emails.get(match[1].lower(), set()) if match else set()
        try:
            key = signer(commit)
        except Refused:
            return None, named, True, text
        holder, pending = in_force.keys.get(key), tip.keys.get(key)
        if holder is None:
            return None, named | ({pending.name} if pending and pending.asks else set()), True, text
        if holder.asks:
            return holder.name, named, False, text
        return None, named, holder.word != "forge" or not author, text

    def subjects(self, name):
        """The resources and files that a commit changed, and those whose push number it raised."""
        if name not in self.changed:
            commit = self.git.commit(name)
            was, now, subjects = {}, {}, set()
            for path, (old, new) in self.own_changes(commit).items():
                if declares(path):
                    was.update(resources(self.git, old) if old else {})
                    now.update(resources(self.git, new) if new else {})
                else:
                    subjects.add(("file", path))
            subjects |= {key for key in set(was) | set(now) if was.get(key) != now.get(key)}
            raises = {key for key in set(was) & set(now) if now[key].push > was[key].push}
            self.changed[name] = subjects, raises
        return self.changed[name]

    def own_changes(self, commit):
        """path -> (what it would be without this commit, what it is)."""
        if len(commit.parents) <= 1:
            return self.git.changes(self.git.commit(commit.parents[0]).tree if commit.parents else None, commit.tree)
        trees = [self.git.commit(parent).tree for parent in commit.parents]
        bases = {base for parent in commit.parents[1:] for base in self.git.merge_bases(commit.parents[0], parent)}
        found = {}
        for base in [self.git.commit(base).tree for base in sorted(bases)] or [None]:
            sides = [self.git.changes(base, tree) for tree in trees]
            result = self.git.changes(base, commit.tree)
            for path in set(result).union(*sides):
                at_base = next(changes[path][0] for changes in [result, *sides] if path in changes)
                actual = result[path][1] if path in result else at_base
                by = [changes[path][1] for changes in sides if path in changes]
                if len(by) == 1:
                    expected = by[0]
                elif by:
                    # Several changed it: whatever it is now, this commit chose it.
                    expected = next((content for content in by if content != actual), at_base)
                    found[path] = (expected, actual)
                    continue
                else:
                    expected = at_base
                if actual != expected:
                    found[path] = (expected, actual)
        return found
