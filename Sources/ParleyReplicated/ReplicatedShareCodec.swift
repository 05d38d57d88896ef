package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine

/// Replicated shares as bytes: of a vector all of (x_i), then all of (x_{i+1}), little-endian (docs/protocols/checkpoints.md#shares).
/// Share i is in common with P_{i−1}, and share i+1 with P_{i+1}.
package struct ReplicatedShareCodec<Word: RingWord>: ShareCodec {
  package let format: ShareFormat
  private let previous: PartyIndex
  private let next: PartyIndex
  private let pool: BufferPool

  init(party: Int, previous: PartyIndex, next: PartyIndex, pool: BufferPool) {
    format = ShareFormat(
      name: "replicated", version: 1, wordBits: Word.bitWidth, parties: 3, party: PartyIndex(party),
      sharesOfParty: 2)
    self.previous = previous
    self.next = next
    self.pool = pool
  }

  package func count(of words: SharedWords<Word>) -> Int { words.count }
  package func count(of plane: SharedPlane) -> Int { plane.count }

  package func encode(_ words: SharedWords<Word>, into bytes: inout [UInt8]) {
    ShareFormat.append(words.lo, count: words.count, to: &bytes)
    ShareFormat.append(words.hi, count: words.count, to: &bytes)
    withExtendedLifetime(words.storage) {}
  }
  package func encode(_ plane: SharedPlane, into bytes: inout [UInt8]) {
    ShareFormat.append(plane.lo, count: plane.words, to: &bytes)
    ShareFormat.append(plane.hi, count: plane.words, to: &bytes)
    withExtendedLifetime(plane.storage) {}
  }

  package func decodeWords(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParleyError) -> SharedWords<Word> {
    guard bytes.count == format.bytes(ofWords: count) else { throw format.refused("of another length") }
    let storage = Storage<Word>(uninitialized: 2 * count, pool: pool)
    ShareFormat.read(bytes, at: 0, count: 2 * count, into: storage.pointer)
    return SharedWords(storage, lo: 0, hi: count, count: count)
  }
  package func decodePlane(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParleyError) -> SharedPlane {
    guard bytes.count == format.bytes(ofPlane: count) else { throw format.refused("of another length") }
    let words = (count + 63) / 64
    let storage = Storage<UInt64>(uninitialized: 2 * words, pool: pool)
    ShareFormat.read(bytes, at: 0, count: 2 * words, into: storage.pointer)
    if count % 64 != 0 {
      let past = UInt64.max << UInt64(count % 64)
      guard (storage[words - 1] | storage[2 * words - 1]) & past == 0 else {
        throw format.refused("bits past the end")
      }
    }
    return SharedPlane(storage, lo: 0, hi: words, count: count)
  }

  package func encodeCommon(_ words: SharedWords<Word>, with peer: PartyIndex, into bytes: inout [UInt8]) {
    if peer == previous { ShareFormat.append(words.lo, count: words.count, to: &bytes) }
    if peer == next { ShareFormat.append(words.hi, count: words.count, to: &bytes) }
    withExtendedLifetime(words.storage) {}
  }
  package func encodeCommon(_ plane: SharedPlane, with peer: PartyIndex, into bytes: inout [UInt8]) {
    if peer == previous { ShareFormat.append(plane.lo, count: plane.words, to: &bytes) }
    if peer == next { ShareFormat.append(plane.hi, count: plane.words, to: &bytes) }
    withExtendedLifetime(plane.storage) {}
  }
}

extension ReplicatedSharing {
  /// Shares are all that a value is, so whoever has them has the value. The engine with macs has none: the key of its macs is opened by
  /// the verification that a barrier begins with.
  package var shareCodec: (any ShareCodec<SharedWords<Word>, SharedPlane>)? {
    ReplicatedShareCodec<Word>(party: party, previous: previous, next: next, pool: pool)
  }
}
