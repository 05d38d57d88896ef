/// What has been used, each thing once, and the passes of loops that are over.
///
/// Things have the number of an instruction. While a pass goes on, what is used under its numbers is kept for itself; when it ends, that is
/// forgotten, and everything under these numbers counts as used. So the ledger of a program with loops is as large as that of one pass
/// and of what lies outside of loops, however many passes there are, and a second use is still noticed.
package struct PassLedger<Thing: Hashable & Sendable>: Sendable {
  private var used: Set<Thing> = []
  /// Under way, the outer loop's first.
  private var passes: [(numbers: Range<Int>, used: Set<Thing>)] = []
  /// In order, none next to another.
  private var ended: [Range<Int>] = []

  /// Nothing has been used.
  package init() {}

  /// Things that are kept; passes that are over count as nothing.
  package var count: Int { passes.reduce(used.count) { $0 + $1.used.count } }

  /// Whether the number belongs to a pass that is over.
  package func hasEnded(_ number: Int) -> Bool { ended.contains { $0.contains(number) } }

  /// Whether the thing was used, or belongs to a pass that is over.
  package func contains(_ thing: Thing, at number: Int) -> Bool {
    if hasEnded(number) { return true }
    if let pass = passes.lastIndex(where: { $0.numbers.contains(number) }) {
      return passes[pass].used.contains(thing)
    }
    return used.contains(thing)
  }

  /// - Returns: false where it was used before.
  package mutating func insert(_ thing: Thing, at number: Int) -> Bool {
    guard !hasEnded(number) else { return false }
    if let pass = passes.lastIndex(where: { $0.numbers.contains(number) }) {
      return passes[pass].used.insert(thing).inserted
    }
    return used.insert(thing).inserted
  }

  /// A pass with these numbers begins, inside those that are under way.
  package mutating func begin(pass numbers: Range<Int>) { passes.append((numbers, [])) }

  /// The pass that began last ends.
  package mutating func endPass() {
    guard let numbers = passes.popLast()?.numbers, !numbers.isEmpty else { return }
    // Passes of a loop inside it are part of it.
    while let last = ended.last, numbers.lowerBound <= last.lowerBound { ended.removeLast() }
    if let last = ended.last, last.upperBound >= numbers.lowerBound {
      ended[ended.count - 1] = last.lowerBound..<max(last.upperBound, numbers.upperBound)
    } else {
      ended.append(numbers)
    }
  }
}
