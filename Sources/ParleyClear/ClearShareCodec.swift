package import ParleyBase
package import ParleyEngine

/// Values of the cleartext twin as bytes: words of eight bytes, and bits packed into such.
package struct ClearShareCodec: ShareCodec {
  package let format = ShareFormat(
    name: "insecure-clear", version: 1, wordBits: 64, parties: 1, party: PartyIndex(0), sharesOfParty: 1)

  package func count(of words: ClearWords) -> Int { words.values.count }
  package func count(of plane: ClearBits) -> Int { plane.bits.count }
  package func encode(_ words: ClearWords, into bytes: inout [UInt8]) {
    ShareFormat.append(words.values, count: words.values.count, to: &bytes)
  }
  package func encode(_ plane: ClearBits, into bytes: inout [UInt8]) {
    let packed = plane.packed
    ShareFormat.append(packed, count: packed.count, to: &bytes)
  }
  package func decodeWords(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParleyError) -> ClearWords {
    guard bytes.count == format.bytes(ofWords: count) else { throw format.refused("of another length") }
    var values = [UInt64](repeating: 0, count: count)
    ShareFormat.read(bytes, at: 0, count: count, into: &values)
    return ClearWords(values)
  }
  package func decodePlane(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParleyError) -> ClearBits {
    guard bytes.count == format.bytes(ofPlane: count) else { throw format.refused("of another length") }
    var packed = [UInt64](repeating: 0, count: (count + 63) / 64)
    ShareFormat.read(bytes, at: 0, count: packed.count, into: &packed)
    let plane = ClearBits(packed: packed, count: count)
    guard plane.packed == packed else { throw format.refused("bits past the end") }
    return plane
  }
  package func encodeCommon(_ words: ClearWords, with peer: PartyIndex, into bytes: inout [UInt8]) {}
  package func encodeCommon(_ plane: ClearBits, with peer: PartyIndex, into bytes: inout [UInt8]) {}
}

extension InsecureClearEngine {
  package var shareCodec: (any ShareCodec<ClearWords, ClearBits>)? { ClearShareCodec() }
}
