internal import ParleyBase

/// Half-gates (Zahur, Rosulek, Evans, EUROCRYPT 2015, eprint 2014/756, figure 2), with MITCCRH (Guo, Katz, Wang, Weng, Yu, CRYPTO 2020, eprint
/// 2019/1168, section 7) for H: AES under the session's salt plus the number of the half gate. An AND is two half gates and 32 bytes.
///
/// Gates are worked on in tiles, so that hashes stay in the cache. No branch or index depends on a label.
struct HalfGates {
  /// Gates of a tile.
  static let tile = 512
  /// Words of the two rows T_G and T_E of a gate.
  static let rowWords = 4

  private let salt: Storage<UInt64>
  /// Δ at the garbler, nil at the evaluator.
  private let delta: Storage<UInt64>?
  private let scratch = Storage<UInt64>(uninitialized: 14 * tile)

  /// - Parameter delta: its lowest bit is 1; another difference makes colours meaningless and is refused.
  init(salt: Storage<UInt64>, delta: Storage<UInt64>?) {
    precondition(salt.count == 2 && delta.map { $0[0] & 1 == 1 } ?? true, "the lowest bit of a difference is 1")
    (self.salt, self.delta) = (salt, delta)
  }

  private func part(_ index: Int) -> UnsafeMutablePointer<UInt64> { scratch.pointer + 2 * Self.tile * index }

  /// `count` labels from `first` on, or one label as often, in one piece.
  private func operand(
    _ plane: GarbledPlane, first: Int, count: Int, into buffer: UnsafeMutablePointer<UInt64>
  ) -> UnsafePointer<UInt64> {
    guard plane.count == 1 else { return plane.pointer + 2 * first }
    let (low, high) = (plane.pointer[0], plane.pointer[1])
    for index in 0..<count {
      buffer[2 * index] = low
      buffer[2 * index + 1] = high
    }
    return UnsafePointer(buffer)
  }

  /// T_G = H(A_0) ⊕ H(A_1) ⊕ p_b Δ, T_E = H(B_0) ⊕ H(B_1) ⊕ A_0, C_0 = H(A_0) ⊕ p_a T_G ⊕ H(B_0) ⊕ p_b (T_E ⊕ A_0).
  ///
  /// - Parameters:
  ///   - first: first of `count` gates, at most ``tile``, out of the operands' elements.
  ///   - left: number of the first gate's half gate of A; those of the others follow.
  ///   - right: the same for B.
  ///   - rows: 4 words for each gate.
  ///   - out: the labels of the results, from the first gate's on.
  func garble(
    _ a: GarbledPlane, _ b: GarbledPlane, first: Int, count: Int, left: UInt64, right: UInt64,
    rows: UnsafeMutablePointer<UInt64>, out: UnsafeMutablePointer<UInt64>
  ) {
    guard let delta else { preconditionFailure("only the garbler garbles") }
    let (a0, a1, b0, b1) = (part(0), part(1), part(2), part(3))
    withExtendedLifetime((a, b, salt, delta, scratch)) {
      let x = operand(a, first: first, count: count, into: part(4))
      let y = operand(b, first: first, count: count, into: part(5))
      Kernels.mitccrh(salt: salt.pointer, first: left, x, delta: delta.pointer, into: a0, a1, count: count)
      Kernels.mitccrh(salt: salt.pointer, first: right, y, delta: delta.pointer, into: b0, b1, count: count)
      let (d0, d1) = (delta.pointer[0], delta.pointer[1])
      for gate in 0..<count {
        let (low, high) = (2 * gate, 2 * gate + 1)
        let pa = 0 &- (x[low] & 1), pb = 0 &- (y[low] & 1)
        let g0 = a0[low] ^ a1[low] ^ (d0 & pb), g1 = a0[high] ^ a1[high] ^ (d1 & pb)
        let h0 = b0[low] ^ b1[low], h1 = b0[high] ^ b1[high]
        rows[4 * gate] = g0
        rows[4 * gate + 1] = g1
        rows[4 * gate + 2] = h0 ^ x[low]
        rows[4 * gate + 3] = h1 ^ x[high]
        // T_E ⊕ A_0 is H(B_0) ⊕ H(B_1).
        out[low] = a0[low] ^ (g0 & pa) ^ b0[low] ^ (h0 & pb)
        out[high] = a0[high] ^ (g1 & pa) ^ b0[high] ^ (h1 & pb)
      }
    }
  }

  /// C = H(A) ⊕ s_a T_G ⊕ H(B) ⊕ s_b (T_E ⊕ A); parameters as of ``garble(_:_:first:count:left:right:rows:out:)``.
  func evaluate(
    _ a: GarbledPlane, _ b: GarbledPlane, first: Int, count: Int, left: UInt64, right: UInt64,
    rows: UnsafePointer<UInt64>, out: UnsafeMutablePointer<UInt64>
  ) {
    let (ha, hb) = (part(0), part(1))
    withExtendedLifetime((a, b, salt, scratch)) {
      let x = operand(a, first: first, count: count, into: part(2))
      let y = operand(b, first: first, count: count, into: part(3))
      Kernels.mitccrh(salt: salt.pointer, first: left, x, into: ha, count: count)
      Kernels.mitccrh(salt: salt.pointer, first: right, y, into: hb, count: count)
      for gate in 0..<count {
        let (low, high) = (2 * gate, 2 * gate + 1)
        let sa = 0 &- (x[low] & 1), sb = 0 &- (y[low] & 1)
        out[low] = ha[low] ^ (rows[4 * gate] & sa) ^ hb[low] ^ ((rows[4 * gate + 2] ^ x[low]) & sb)
        out[high] = ha[high] ^ (rows[4 * gate + 1] & sa) ^ hb[high] ^ ((rows[4 * gate + 3] ^ x[high]) & sb)
      }
    }
  }
}
