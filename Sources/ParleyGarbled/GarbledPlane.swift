internal import ParleyBase

/// One party's side of a bit plane: a wire label of 128 bits, two words, for every element. The garbler has the label of 0, L_0, and the
/// evaluator the active one, L_b = L_0 ⊕ b Δ. The lowest bits of the two, the colours, add up to b.
///
/// A value: results of one operation are views into a common buffer, which goes back to the pool with the last of them. Never written once it is
/// visible.
package struct GarbledPlane {
  let storage: Storage<UInt64>
  /// Number of the first label in the buffer.
  let start: Int
  /// Elements, one label each.
  package let count: Int

  init(_ storage: Storage<UInt64>, start: Int = 0, count: Int) {
    self.storage = storage
    self.start = start
    self.count = count
  }

  /// Valid while the plane lives.
  var pointer: UnsafePointer<UInt64> { UnsafePointer(storage.pointer + 2 * start) }

  /// For tests.
  package var labels: [UInt64] { Array(UnsafeBufferPointer(start: pointer, count: 2 * count)) }
}
