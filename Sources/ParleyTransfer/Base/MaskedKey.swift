/// An element of the group G = Z_q^768 × {0,1}^256, in which public keys of ML-KEM-768 lie (FIPS 203, section 7.1: t̂ in
/// ByteEncode_12, then ρ): 768 numbers below q = 3329, added modulo q, and 32 bytes, added by XOR. Both parts are masked
/// [own]: a fresh key is pseudorandom in G, and so is what is masked with anything (docs/proofs/base-oblivious-transfer.md).
package struct MaskedKey: Sendable, Hashable {
  /// q of FIPS 203.
  package static let modulus: UInt16 = 3329
  /// Numbers of an element.
  package static let coefficientCount = 768
  /// Bytes of an element, as of a public key.
  package static let byteCount = 1184
  /// Bytes that an element is sampled from: 32, and 1365 candidates of twelve bits.
  package static let sampleBytes = 32 + 2048

  /// Each below ``modulus``.
  package private(set) var coefficients: [UInt16]
  /// The 32 bytes, of a public key its ρ.
  package private(set) var tail: [UInt8]

  private init(coefficients: [UInt16], tail: [UInt8]) { (self.coefficients, self.tail) = (coefficients, tail) }

  /// An element from its encoding; nil where a number is not below q, or the length is another. Whether it is nil follows from public
  /// bytes.
  package init?(encoding bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    let bytes = Array(bytes)
    coefficients = [UInt16](repeating: 0, count: Self.coefficientCount)
    var excess: UInt16 = 0
    for pair in 0..<Self.coefficientCount / 2 {
      let (first, second) = Self.unpack(bytes[3 * pair], bytes[3 * pair + 1], bytes[3 * pair + 2])
      coefficients[2 * pair] = first
      coefficients[2 * pair + 1] = second
      // Bit 15 of a difference is set where the number is below q.
      excess |= ~(first &- Self.modulus) | ~(second &- Self.modulus)
    }
    guard excess >> 15 == 0 else { return nil }
    tail = Array(bytes[1152...])
  }

  /// The encoding, 1184 bytes: ByteEncode_12 of the numbers, then the 32 bytes.
  package var encoding: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    for pair in 0..<Self.coefficientCount / 2 {
      let (first, second) = (coefficients[2 * pair], coefficients[2 * pair + 1])
      bytes[3 * pair] = UInt8(truncatingIfNeeded: first)
      bytes[3 * pair + 1] = UInt8(truncatingIfNeeded: first >> 8 | second << 4)
      bytes[3 * pair + 2] = UInt8(truncatingIfNeeded: second >> 4)
    }
    for index in 0..<32 { bytes[1152 + index] = tail[index] }
    return bytes
  }

  /// Two candidates of twelve bits from three bytes (FIPS 203, algorithm 7, SampleNTT).
  private static func unpack(_ b0: UInt8, _ b1: UInt8, _ b2: UInt8) -> (UInt16, UInt16) {
    (UInt16(b0) | UInt16(b1 & 15) << 8, UInt16(b1 >> 4) | UInt16(b2) << 4)
  }

  /// A uniform element, from uniform bytes: 32 for the tail, and of the candidates that follow the first 768 below q. Neither branches nor
  /// addresses other than of the place in the result depend on the bytes; the same number is read whatever they are.
  ///
  /// - Parameter stream: `part` 0 is ``sampleBytes`` long; further parts, of 2048 bytes, are asked for where fewer than 768 candidates
  ///   were below q, which has a probability far below 2^-200.
  package init(sampledFrom stream: (_ part: Int) -> [UInt8]) {
    let first = stream(0)
    precondition(first.count == Self.sampleBytes, "an element is sampled from 2080 bytes")
    tail = Array(first[..<32])
    // One place more than there are candidates: what is refused is written over.
    var found = [UInt16](repeating: 0, count: Self.coefficientCount + 2 * 683 + 2)
    var count = 0
    var candidates = Array(first[32...])
    var part = 0
    while true {
      // 2048 bytes are 682 whole triples and two bytes, which make one candidate more.
      candidates.append(0)
      for triple in 0..<683 {
        let (a, b) = Self.unpack(candidates[3 * triple], candidates[3 * triple + 1], candidates[3 * triple + 2])
        found[count] = a
        count += Int((a &- Self.modulus) >> 15)
        if triple == 682 { continue }
        found[count] = b
        count += Int((b &- Self.modulus) >> 15)
      }
      if count >= Self.coefficientCount { break }
      part += 1
      candidates = stream(part)
      precondition(candidates.count == 2048, "a further part has 2048 bytes")
    }
    coefficients = Array(found[..<Self.coefficientCount])
  }

  /// The sum in G.
  package static func + (a: MaskedKey, b: MaskedKey) -> MaskedKey {
    MaskedKey(
      coefficients: zip(a.coefficients, b.coefficients).map { reduced($0 &+ $1) },
      tail: zip(a.tail, b.tail).map { $0 ^ $1 })
  }
  /// The difference in G.
  package static func - (a: MaskedKey, b: MaskedKey) -> MaskedKey {
    MaskedKey(
      coefficients: zip(a.coefficients, b.coefficients).map { reduced($0 &+ modulus &- $1) },
      tail: zip(a.tail, b.tail).map { $0 ^ $1 })
  }

  /// x modulo q, for x below 2q, without a branch.
  private static func reduced(_ x: UInt16) -> UInt16 {
    let less = x &- modulus
    return less &+ (modulus & (0 &- (less >> 15)))
  }

  /// `a` where the bit is 0, `b` where it is 1, in the same time.
  static func select(_ bit: UInt8, _ a: MaskedKey, _ b: MaskedKey) -> MaskedKey {
    let mask = 0 &- UInt16(bit & 1), byteMask = 0 &- (bit & 1)
    return MaskedKey(
      coefficients: zip(a.coefficients, b.coefficients).map { $0 ^ (($0 ^ $1) & mask) },
      tail: zip(a.tail, b.tail).map { $0 ^ (($0 ^ $1) & byteMask) })
  }
}
