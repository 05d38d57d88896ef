package import ParleyBase

/// How an engine puts one party's shares into bytes and back, for checkpoints (docs/protocols/checkpoints.md#shares).
///
/// The encoding of a vector has no length of its own: how many elements it has is public, and told apart from it. Whoever
/// decodes gives the number, and an encoding of any other length is refused.
package protocol ShareCodec<Arith, Plane> {
  associatedtype Arith
  associatedtype Plane

  /// What fixes the meaning of the bytes.
  var format: ShareFormat { get }
  func count(of words: Arith) -> Int
  func count(of plane: Plane) -> Int
  /// Adds the shares of `words`: ``ShareFormat/bytes(ofWords:)`` bytes.
  func encode(_ words: Arith, into bytes: inout [UInt8])
  /// Adds the shares of `plane`: ``ShareFormat/bytes(ofPlane:)`` bytes.
  func encode(_ plane: Plane, into bytes: inout [UInt8])
  /// - Throws: `state/corrupt` where the bytes are not the encoding of so many elements.
  func decodeWords(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParleyError) -> Arith
  /// - Throws: `state/corrupt` where the bytes are not the encoding of so many elements: bits past the end are zero.
  func decodePlane(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParleyError) -> Plane
  /// Adds what this party's shares and the peer's have in common, the same bytes at both; nothing where they have nothing.
  func encodeCommon(_ words: Arith, with peer: PartyIndex, into bytes: inout [UInt8])
  func encodeCommon(_ plane: Plane, with peer: PartyIndex, into bytes: inout [UInt8])
}

/// The parameters of an encoding of shares. Two that differ in any of them cannot read each other's bytes.
package struct ShareFormat: Hashable, Sendable {
  /// Of the sharing ("replicated").
  package var name: String
  /// Of the encoding.
  package var version: Int
  /// Of a ring word.
  package var wordBits: Int
  package var parties: Int
  /// Whose shares.
  package var party: PartyIndex
  /// Shares of one value that a party holds.
  package var sharesOfParty: Int

  package init(
    name: String, version: Int, wordBits: Int, parties: Int, party: PartyIndex, sharesOfParty: Int
  ) {
    self.name = name
    self.version = version
    self.wordBits = wordBits
    self.parties = parties
    self.party = party
    self.sharesOfParty = sharesOfParty
  }

  /// All but whose shares they are: equal at all parties.
  package var publicBytes: [UInt8] {
    var out = CanonicalWriter()
    out.write(name)
    for number in [version, wordBits, parties, sharesOfParty] { out.write(UInt32(number)) }
    return out.bytes
  }

  package func bytes(ofWords count: Int) -> Int { sharesOfParty * count * (wordBits / 8) }
  package func bytes(ofPlane count: Int) -> Int { sharesOfParty * ((count + 63) / 64) * 8 }

  /// What a decoder throws.
  package func refused(_ what: String) -> ParleyError {
    ParleyError(
      .init("state/corrupt"), "saved shares of the protocol \(name) are \(what)",
      remedy: "start the run from its inputs again")
  }
}

extension ShareFormat {
  /// Little-endian words.
  package static func append<W: FixedWidthInteger>(
    _ words: UnsafePointer<W>, count: Int, to bytes: inout [UInt8]
  ) {
    bytes.reserveCapacity(bytes.count + count * MemoryLayout<W>.size)
    for index in 0..<count { withUnsafeBytes(of: words[index].littleEndian) { bytes.append(contentsOf: $0) } }
  }
  /// Writes `count` words that start `offset` bytes into `bytes`.
  package static func read<W: FixedWidthInteger>(
    _ bytes: ArraySlice<UInt8>, at offset: Int, count: Int, into words: UnsafeMutablePointer<W>
  ) {
    bytes.withUnsafeBytes { source in
      for index in 0..<count {
        words[index] = W(
          littleEndian: source.loadUnaligned(fromByteOffset: offset + index * MemoryLayout<W>.size, as: W.self))
      }
    }
  }
}
