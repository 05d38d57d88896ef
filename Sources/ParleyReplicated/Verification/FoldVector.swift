package import ParleyBase
package import ParleyProgram

/// One vector on its way through the levels: u at the prover and the left verifier, v at the prover and the right
/// one. Folds in place; elements past the end are zero.
package struct FoldVector<F: FoldingField> {
  /// Where elements are added up.
  package let field: F
  private let plan: FoldPlan
  private let storage: Storage<UInt64>
  /// The next level to fold; the number of levels when only the last message is left.
  package private(set) var level: Int

  /// - Parameters:
  ///   - storage: the elements before level `level`, with room for that level's padding.
  ///   - count: how many there are; the rest is cleared.
  package init(_ field: F, plan: FoldPlan, level: Int, storage: Storage<UInt64>, count: Int) {
    self.field = field
    self.plan = plan
    self.storage = storage
    self.level = level
    pad(from: count)
  }

  /// Elements that a storage for level `level` must have room for.
  static func capacity(_ plan: FoldPlan, level: Int) -> Int {
    level < plan.levels.count ? plan.levels[level].elements : plan.finalElements
  }

  private func pad(from count: Int) {
    let capacity = Self.capacity(plan, level: level)
    precondition(count <= capacity && capacity <= storage.count, "a vector longer than its plan")
    (storage.pointer + count).update(repeating: 0, count: capacity - count)
  }

  /// Products of all pairs of blocks of this level, Z_00 included.
  func products(with other: FoldVector) -> [UInt64] {
    let size = plan.levels[level]
    var sums = [UInt64](repeating: 0, count: size.factor * size.factor)
    sums.withUnsafeMutableBufferPointer {
      field.outer(
        storage.pointer, other.storage.pointer, groups: size.groups, factor: size.factor, into: $0.baseAddress!)
    }
    return sums
  }

  /// Takes the vector to the next level: the sum of its blocks, each times its coefficient.
  package mutating func fold(_ coefficients: [UInt64]) {
    let size = plan.levels[level]
    precondition(coefficients.count == size.factor, "one coefficient for each block")
    field.fold(
      storage.pointer, groups: size.groups, factor: size.factor, coefficients: coefficients, into: storage.pointer)
    level += 1
    pad(from: size.groups)
  }

  /// What the last message is about.
  package var finalElements: [UInt64] {
    precondition(level == plan.levels.count, "levels are left to fold")
    return (0..<plan.finalElements).map { storage[$0] }
  }
}
