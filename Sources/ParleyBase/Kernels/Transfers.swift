import CParleyKernels

/// What oblivious transfer computes in bulk. Pointers and counts as everywhere in ``Kernels``; blocks are two words.
extension Kernels {
  /// Words of an expanded AES key.
  package static let scheduleWords = Int(C_PARLEY_AES128_SCHEDULE_BYTES) / 8

  /// Expands an AES-128 key of 16 bytes to ``scheduleWords`` words, many of which lie in one buffer.
  package static func expandKey(_ bytes: UnsafeRawPointer, into schedule: MutableWords) {
    c_parley_aes128_expand(bytes, schedule)
  }

  /// v[b] = Σ of the keystreams of those keys whose number has bit b set, u = Σ of all, over GF(2) (Roy, eprint 2022/192, figure 2).
  ///
  /// - Parameters:
  ///   - schedules: of 2^depth keys, one after the other.
  ///   - isPunctured: key 0 is unknown and counts as zero, and u is not written.
  ///   - v: where the `depth` planes of `words` words go.
  package static func smallVOLE(
    schedules: Words, depth: Int, isPunctured: Bool, stream: UInt64, firstBlock: UInt64, sum u: MutableWords,
    planes v: [MutableWords], words: Int
  ) {
    precondition((1...8).contains(depth) && v.count == depth, "2 to 256 keys")
    v.withUnsafeBufferPointer { list in
      list.withMemoryRebound(to: UnsafeMutablePointer<UInt64>?.self) {
        c_parley_small_vole(
          schedules, UInt32(depth), isPunctured ? 1 : 0, stream, firstBlock, u, $0.baseAddress, size(words))
      }
    }
  }

  /// Rows of 128 bits from 128 planes, 512 rows for each group of 8 words of a plane from `firstWord` on.
  package static func blocks(of planes: [Words], firstWord: Int, groups: Int, into out: MutableWords) {
    precondition(planes.count == 128, "a block has 128 bits")
    planes.withUnsafeBufferPointer { list in
      list.withMemoryRebound(to: UnsafePointer<UInt64>?.self) {
        c_parley_planes_to_blocks(out, $0.baseAddress, size(firstWord), size(groups))
      }
    }
  }

  /// MITCCRH (Guo et al., eprint 2019/1168): AES under salt ⊕ number, a key for every block. `out` may be `rows`.
  ///
  /// - Parameters:
  ///   - salt: two words.
  ///   - first: number of the first block; the others follow. A salt is used with a number once.
  package static func mitccrh(salt: Words, first: UInt64, _ rows: Words, into out: MutableWords, count: Int) {
    c_parley_mitccrh(salt, first, rows, nil, out, nil, size(count))
  }
  /// The same of the rows and, into `other`, of the rows with `delta` added, under the same keys.
  package static func mitccrh(
    salt: Words, first: UInt64, _ rows: Words, delta: Words, into out: MutableWords, _ other: MutableWords,
    count: Int
  ) {
    c_parley_mitccrh(salt, first, rows, delta, out, other, size(count))
  }
}

extension AESKey {
  /// TMMO (Guo et al., eprint 2019/074): P(P(x) ⊕ number) ⊕ P(x) of every block, P = AES under this key.
  package func tmmo(
    first: UInt64, _ rows: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    c_parley_tmmo(pointer, first, rows, out, Kernels.size(count))
  }
}
