// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Can every seat be taken by a person of its own? A maximum matching between signatures needed and people.
///
/// A seat that more people may take than there are seats can always be filled last; only the others are matched, so
/// that a group of thousands costs nothing.
struct Seating {
    private let seats: [[PersonName]]
    private var taken: [PersonName: Int] = [:]  // person → seat
    private(set) var isComplete = true

    init(_ seats: [Set<PersonName>]) {
        // One more than there are seats, so that it still holds when one person is taken away.
        self.seats = seats.filter { $0.count <= seats.count }.map { $0.sorted() }
        for seat in self.seats.indices {
            var seen: Set<PersonName> = []
            if !fill(seat, without: nil, &seen) { isComplete = false }
        }
    }

    /// The first person, by name, without whom some seat stays empty.
    mutating func indispensable() -> PersonName? {
        for (person, seat) in taken.sorted(by: { $0.key < $1.key }) {
            let before = taken
            taken[person] = nil
            var seen: Set<PersonName> = []
            let canDoWithout = fill(seat, without: person, &seen)
            taken = before
            if !canDoWithout { return person }
        }
        return nil
    }

    private mutating func fill(_ seat: Int, without absent: PersonName?, _ seen: inout Set<PersonName>) -> Bool {
        for person in seats[seat] where person != absent && seen.insert(person).inserted {
            if let other = taken[person], !fill(other, without: absent, &seen) { continue }
            taken[person] = seat
            return true
        }
        return false
    }
}
