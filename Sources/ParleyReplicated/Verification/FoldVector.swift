package import ParleyBase
package import ParleyProgram

/// One vector on its way through the levels: u at the prover and the left verifier, v at the prover and the right
/// one. Folds in place; elements past the end are zero, and are not looked at.
package struct FoldVector<F: FoldingField> {
  /// Where elements are added up.
  package let field: F
  private let plan: FoldPlan
  private let storage: Storage<UInt64>
  /// The next level to fold; the number of levels when only the last message is left.
  package private(set) var level: Int
  /// Elements before that level, without zeros that are known.
  private var count: Int

  /// - Parameters:
  ///   - storage: the elements before level `level`, with room for the padding (``capacity(_:level:count:)``).
  ///   - count: how many there are; all others are zero.
  package init(_ field: F, plan: FoldPlan, level: Int, storage: Storage<UInt64>, count: Int) {
    self.field = field
    self.plan = plan
    self.storage = storage
    self.level = level
    self.count = count
    pad()
  }

  /// Elements that a storage must have room for if `count` elements before level `level` may differ from zero.
  package static func capacity(_ plan: FoldPlan, level: Int, count: Int) -> Int {
    var (largest, rest) = (plan.finalElements, count)
    for size in plan.levels.dropFirst(level) {
      let groups = (rest + size.factor - 1) / size.factor
      largest = max(largest, groups * size.factor)
      rest = groups
    }
    return largest
  }

  /// Groups of the level's factor that may differ from zero.
  private var groups: Int { (count + plan.levels[level].factor - 1) / plan.levels[level].factor }

  /// Zeros up to a whole group, or to the elements of the last message.
  private func pad() {
    let isLast = level == plan.levels.count
    let all = isLast ? plan.finalElements : plan.levels[level].elements
    let used = isLast ? all : groups * plan.levels[level].factor
    precondition(count <= all && used <= storage.count, "a vector longer than its plan")
    (storage.pointer + count).update(repeating: 0, count: used - count)
  }

  /// Products of all pairs of blocks of this level, Z_00 included.
  func products(with other: FoldVector) -> [UInt64] {
    let size = plan.levels[level]
    var sums = [UInt64](repeating: 0, count: size.factor * size.factor)
    sums.withUnsafeMutableBufferPointer {
      field.outer(
        storage.pointer, other.storage.pointer, groups: min(groups, other.groups), factor: size.factor,
        into: $0.baseAddress!)
    }
    return sums
  }

  /// Takes the vector to the next level: the sum of its blocks, each times its coefficient.
  package mutating func fold(_ coefficients: [UInt64]) {
    let size = plan.levels[level]
    precondition(coefficients.count == size.factor, "one coefficient for each block")
    let groups = groups
    field.fold(
      storage.pointer, groups: groups, factor: size.factor, coefficients: coefficients, into: storage.pointer)
    level += 1
    count = groups
    pad()
  }

  /// What the last message is about.
  package var finalElements: [UInt64] {
    precondition(level == plan.levels.count, "levels are left to fold")
    return (0..<plan.finalElements).map { storage[$0] }
  }
}
