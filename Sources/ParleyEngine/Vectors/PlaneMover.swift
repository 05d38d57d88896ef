internal import ParleyAlgebra
package import ParleyBase

/// Moves the elements of many bit planes alike: 64 planes at a time become one word for each element, the words move, and
/// become planes again. Bits past the ends of the results are zero.
package struct PlaneMover {
  private let order: UnsafePointer<UInt32>
  private let count: Int
  private let source: Storage<UInt64>
  private let moved: Storage<UInt64>

  /// - Parameters:
  ///   - order: element j of a result is element `order[j]`; valid while this value is used.
  ///   - sourceCount: elements of the planes that are read; `count` of those that are written.
  package init(_ order: UnsafePointer<UInt32>, from sourceCount: Int, to count: Int, pool: BufferPool) {
    self.order = order
    self.count = count
    source = Storage<UInt64>(uninitialized: sourceCount, pool: pool)
    moved = Storage<UInt64>(uninitialized: count, pool: pool)
  }

  /// Moves the elements of each plane to the target of the same number; planes and targets must not overlap.
  package func move(_ planes: [UnsafePointer<UInt64>], into targets: [UnsafeMutablePointer<UInt64>]) {
    withExtendedLifetime((source, moved)) {
      for start in stride(from: 0, to: planes.count, by: 64) {
        let block = start..<min(start + 64, planes.count)
        Kernels.planesToWords(Array(planes[block]), count: source.count, into: source.pointer)
        WordConversion<UInt64>.gather(source.pointer, by: order, into: moved.pointer, count: count)
        Kernels.wordsToPlanes(moved.pointer, count: count, planes: Array(targets[block]))
      }
    }
  }
}
