# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Section 3 of docs/approval-record.md: what records come to, at one moment."""

from declared import FOREVER, duration

SKEW = 300


class Vote:
    def __init__(self, seen, record, person, level, rules, is_requester):
        self.seen, self.record, self.person, self.level, self.is_requester = seen, record, person, level, is_requester
        self.expires = min(seen, record.date) + rules.expires_after
        self.dead = None
        self.back = None
        self.own = record.window
        # Kept from us until nobody attends any more.
        late = (record.date, record.date + rules.attended_for)
        if not self.own and level == rules.last and late[1] < seen:
            self.own = late

    def is_over(self, time):
        return self.own is not None and self.own[1] <= time


class Rules:
    """A work order under its policy, or as an emergency of it, or a policy change under the policy named `default`."""

    def __init__(self, subject, policy, people, unknown, standing=None, until=None, emergency=False):
        separation = policy.get("separation", {})
        self.subject, self.requesters, self.unknown = subject, people, unknown
        self.requester_may = separation.get("requesterMayApprove", False)
        self.distinct = separation.get("distinctAcrossLevels", True)
        self.blocks_unknown = separation.get("unknownRequester", "block") == "block"
        self.levels, self.is_emergency = policy["levels"], emergency
        if emergency:
            self.levels = [dict(policy["emergency"], name="emergency")]
            self.requester_may = policy["emergency"].get("requesterMayApprove", False)
        self.most_requesters = 0
        if subject[0] == "POL":
            change = policy.get("policyChange")
            approvers = list(dict.fromkeys(one for level in self.levels for one in level["approvers"]))
            self.levels = [dict({"approvers": approvers}, **(change or {}), name="policyChange")]
            self.levels[0].setdefault("count", 2)
            self.requester_may, self.distinct = (change or {}).get("requesterMayApprove", False), True
            # Whoever is unknown may be among those who sign: one more, of whom no more may have asked.
            self.most_requesters = self.levels[0]["count"] - 1
            self.blocks_unknown, unknown = False, unknown and not self.requester_may
        self.needed = [max(1, level.get("count", 1)) for level in self.levels]
        if unknown and not self.blocks_unknown:
            self.needed[0] += 1
        # Where a standing approval stands nobody needs to sign.
        self.needed = [0 if level["name"] in (standing or {}) else needed for level, needed in zip(self.levels, self.needed)]
        self.until = until
        if self.requester_may:
            self.most_requesters = len(self.requesters) + 1
        self.names = [level["name"] for level in self.levels]
        self.last = len(self.levels) - 1
        self.expires_after = duration(policy.get("expiresAfter", "72h"))
        self.attended_for = duration(policy.get("attendedFor", "4h"))


class Count:
    """`records` is [(seen, record, why its place is wrong or None)], all seen by `now`."""

    def __init__(self, rules, records, in_force, tip, now):
        self.rules, self.in_force, self.tip, self.now = rules, in_force, tip, now
        self.people = [in_force.members(level["approvers"], tip) for level in rules.levels]
        self.votes, self.back, self.closings, self.words, self.refused = [], [], [], [], []
        for seen, record, misplaced in records:
            code = self.take(seen, record, misplaced)
            if code:
                self.refused.append((record.commit, code))
        self.tombstone = self.close()
        # The commit of the halt that nobody has lifted.
        word = max(self.words, default=None)
        self.halt = word[3] if word and word[2] else None
        for vote in self.votes:
            vote.back = min((max(vote.seen, seen) for seen, record, people in self.back if vote.person in people and (
                vote.record.date <= record.date if vote.seen == seen else vote.seen < seen or vote.record.date < record.date)),
                default=None)
        self.votes.sort(key=lambda vote: (vote.seen, vote.level, vote.record.commit))
        self.seen, self.given, self.waiting, self.window, self.missed = 0, [[] for _ in rules.levels], {}, None, False
        self.run()
        for index, vote in enumerate(self.votes):
            if vote.dead or index in self.waiting:
                self.refused.append((vote.record.commit, vote.dead or self.waiting[index]))

    def take(self, seen, record, misplaced):
        """The code of what is wrong with one record, in the order of section 3; otherwise it is put where it belongs."""
        rules = self.rules
        if record.date > self.now + SKEW:
            return "Malformed"
        force, tip = (trust.keys.get(record.key) for trust in (self.in_force, self.tip))
        same = force and tip and force.asks and tip.asks and force.name == tip.name
        wrong = "UnknownKey" if not same else force.fault(seen) or tip.fault(seen)
        if record.decision == "revoke":
            holders = [trust.holder(record.key, seen) for trust in (self.in_force, self.tip)]
            people = {holder.name for holder in holders if holder and holder.asks}
            wrong = None if people else wrong
        if wrong or misplaced:
            return wrong or misplaced
        if record.repository != self.in_force.repository:
            return "WrongRepository"
        # A revoke takes back whatever its signer gave, at whichever level.
        if record.level not in rules.names and not (rules.is_emergency and record.decision == "revoke"):
            return "UnknownLevel"
        if rules.is_emergency and record.decision == "approve" and not record.comment:
            return "Malformed"
        if not rules.is_emergency and (record.emergency or record.decision == "review"):
            return "UnknownLevel"
        robots = {one.name for trust in (self.in_force, self.tip) for one in trust.of("Person")
                  if one.spec.get("robot") or one.spec.get("forge")}
        if record.decision == "revoke":
            if people & robots:
                return "NotInGroup"
            self.back.append((seen, record, people))
            return None
        person = force.name
        if person in robots:
            return "NotInGroup"
        if record.decision == "resume":
            if person not in self.people[rules.last]:
                return "NotInGroup"
            if not rules.requester_may and person in rules.requesters:
                return "SelfApproval"
            self.words.append((seen, record.date, False, record.commit))
            return None
        if record.decision in ("reject", "cancel", "halt"):
            may = any(person in those for those in self.people) or record.decision != "reject" and person in rules.requesters
            if not may:
                return "NotInGroup"
            if record.decision == "halt":
                self.words.append((seen, record.date, True, record.commit))
                return None
            self.closings.append((seen, record.decision != "cancel", record.commit))
            return None
        level = rules.names.index(record.level)
        if person not in self.people[level]:
            return "NotInGroup"
        asked = not rules.requester_may and person in rules.requesters
        if asked and not rules.most_requesters:
            return "SelfApproval"
        self.votes.append(Vote(seen, record, person, level, rules, asked))
        return None

    def close(self):
        if not self.closings:
            return None
        first = min(self.closings)
        for seen, _, commit in self.closings:
            if seen > first[0]:
                self.refused.append((commit, "AlreadyUsed"))
        for vote in [vote for vote in self.votes if vote.seen > first[0]]:
            self.refused.append((vote.record.commit, "AlreadyUsed"))
            self.votes.remove(vote)
        self.refused += [(one[3], "AlreadyUsed") for one in self.words if one[0] > first[0]]
        self.words = [one for one in self.words if one[0] <= first[0]]
        self.back = [one for one in self.back if one[0] <= first[0]]
        return first[2]

    # As time went on

    def run(self):
        times = {vote.seen for vote in self.votes} | {vote.back for vote in self.votes if vote.back} | {self.now}
        for time in sorted(time for time in times if time <= self.now):
            self.step(time)

    def step(self, time):
        rules = self.rules
        while self.window and not self.missed and self.window[1] <= time:
            self.tally(self.window[1])
        new = any(vote.seen <= time for vote in self.votes[self.seen:])
        missed = list(self.given[rules.last]) if self.missed else []
        for vote in self.votes[:self.seen]:
            if not vote.dead and vote.back is not None and vote.back <= time:
                vote.dead = "Revoked"
        if self.window:
            self.tally(time)
        if not self.window or self.missed and new:
            for vote in self.votes[:self.seen]:
                if not vote.dead and vote.expires <= time:
                    vote.dead = "ApprovalExpired"
            self.tally(time)
            if missed and self.full() < rules.last:
                for index in missed:
                    vote = self.votes[index]
                    if not vote.dead and (vote.own is None or vote.own[1] <= time):
                        vote.dead = "ApprovalExpired"
                self.tally(time)
        while self.seen < len(self.votes) and self.votes[self.seen].seen <= time:
            vote = self.votes[self.seen]
            if vote.back is not None and vote.back <= time:
                vote.dead = "Revoked"
            elif vote.expires <= time:
                vote.dead = "ApprovalExpired"
            elif vote.level:
                self.tally(time)
                if self.full() < vote.level:
                    vote.dead = "TooEarly"
            self.seen += 1
        self.tally(time)

    def full(self):
        """How many levels are full, from below."""
        number = 0
        while number < len(self.given) and len(self.given[number]) >= self.rules.needed[number]:
            number += 1
        return number

    def tally(self, time):
        """Who counts now, and the window where all levels are complete."""
        alive = [index for index in range(self.seen) if not self.votes[index].dead]
        over = {index for index in alive if self.votes[index].is_over(time)}
        self.missed = False
        while True:
            self.given, self.waiting, self.window = self.seat(alive, over, False)
            if not self.window or self.window[1] > time:
                if self.window or not over:
                    return
                # Where nobody has signed anew, what was complete is missed.
                newest = {(self.votes[index].person, self.votes[index].level): index for index in alive}
                replaced = {index for index in over if newest[self.votes[index].person, self.votes[index].level] != index}
                given, waiting, window = self.seat(alive, replaced, True)
                if window and window[1] <= time:
                    self.given, self.waiting, self.window, self.missed = given, waiting, window, True
                return
            quorum = self.given[self.rules.last][:self.rules.needed[self.rules.last]]
            over |= {index for index in quorum if self.votes[index].own is None} or set(quorum)

    def seat(self, alive, over, lenient):
        out = {index: "ApprovalExpired" for index in over}
        while True:
            given, waiting, seats = [[] for _ in self.rules.levels], dict(out), []
            for index in (index for index in alive if index not in out):
                vote = self.votes[index]
                if any(person == vote.person and (level == vote.level or self.rules.distinct) for person, level in seats):
                    waiting[index] = "SamePersonTwice"
                elif vote.is_requester and sum(
                        self.votes[other].is_requester for other in given[vote.level]) >= self.rules.most_requesters:
                    waiting[index] = "SelfApproval"
                else:
                    seats.append((vote.person, vote.level))
                    given[vote.level].append(index)
            unfit, window = self.times(given, lenient)
            if unfit is None:
                return given, waiting, window
            out[unfit] = "ScheduleWidened"

    def times(self, given, lenient):
        """(a vote that does not fit or None, the window where every level is full)."""
        rules, approved = self.rules, None
        for level in range(rules.last):
            for index in given[level][:rules.needed[level]]:
                if self.votes[index].own:
                    both = meet(approved, self.votes[index].own)
                    if not both and not lenient:
                        return index, None
                    approved = both or approved
        seats, needed = given[rules.last], rules.needed[rules.last]
        for place, index in enumerate(seats if approved and not lenient else []):
            vote = self.votes[index]
            end = vote.seen + rules.attended_for if place >= needed else FOREVER
            if not (inside(vote.own, approved) if vote.own else meet((vote.seen, end), approved)):
                return index, None
        quorum, decided, first = seats[:needed], None, approved
        own = [(index, self.votes[index].own) for index in quorum if self.votes[index].own]
        complete = all(len(those) >= number for those, number in zip(given, rules.needed))
        if complete and len(own) < len(quorum):
            since = self.votes[quorum[-1]].seen
            own.append((quorum[-1], (since, since + rules.attended_for)))
        for index, window in own:
            first = window if not first or window[1] < first[1] else first
            both = meet(decided, window)
            if not both and not lenient:
                return index, None
            decided = both or decided
        if not complete:
            return None, None
        if not quorum:
            return None, meet(approved, (0, rules.until))
        both = decided and meet(approved, decided)
        if not both:
            return (None, first) if lenient else (quorum[-1], None)
        return None, min((window for window in (both, first) if window), key=lambda window: window[1]) if lenient else both

    @property
    def is_complete(self):
        return self.window is not None

    @property
    def signers(self):
        return [[self.votes[index].person for index in given] for given in self.given]


class Judged:
    """A work order's records by its levels, and those of an emergency apart from them (section 3, "Emergency")."""

    def __init__(self, rules, records, in_force, tip, now, emergency=None):
        """`emergency`: the rules of the policy's emergency, or None."""
        def is_emergency(record):
            return record.emergency and record.decision == "approve"
        apart = emergency is not None and any(is_emergency(record) for _, record, _ in records)
        own = [one for one in records if not (apart and is_emergency(one[1]))]
        self.levels, self.quorum = Count(rules, own, in_force, tip, now), None
        if apart:
            signed = [one for one in records if is_emergency(one[1]) or one[1].decision == "revoke"]
            self.quorum = Count(emergency, signed, in_force, tip, now)
        self.is_emergency = apart and self.quorum.is_complete and not self.levels.is_complete
        deciding = self.quorum if self.is_emergency else self.levels
        self.window, self.tombstone, self.is_complete = deciding.window, self.levels.tombstone, deciding.is_complete
        self.halt = self.levels.halt
        known = {commit for commit, _ in self.levels.refused}
        self.refused = self.levels.refused + [one for one in (self.quorum.refused if apart else []) if one[0] not in known]
        # The signatures that decide.
        self.counted = [deciding.votes[index] for given in deciding.given for index in given]
        self.signers = self.levels.signers + (self.quorum.signers if self.is_emergency else [])


def meet(left, right):
    if not left:
        return right
    both = max(left[0], right[0]), min(left[1], right[1])
    return both if both[0] < both[1] else None


def inside(window, other):
    return other[0] <= window[0] and window[1] <= other[1]
