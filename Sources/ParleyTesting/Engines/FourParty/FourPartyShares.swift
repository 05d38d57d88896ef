package import ParleyAlgebra
package import ParleyBase
internal import ParleyClear
internal import ParleyEngine
package import ParleyNetwork

/// What is shared: ring words, or bits with XOR and AND. The protocol is the same over both.
package protocol FourPartyRing: Sendable {
  /// Neutral in sums.
  static var zero: Self { get }
  /// Modulo 2^k; XOR.
  static func plus(_ a: Self, _ b: Self) -> Self
  /// Modulo 2^k; XOR.
  static func minus(_ a: Self, _ b: Self) -> Self
  /// Modulo 2^k; AND.
  static func times(_ a: Self, _ b: Self) -> Self
  /// Uniform where the word is.
  init(uniform word: UInt64)
  /// Vectors of `count` elements as one message: so many bytes for each word, or planes packed to whole bytes.
  static func send(
    _ vectors: [[Self]], count: Int, over mesh: any MessageLinks, to party: PartyIndex, step: StepID
  ) throws(ParleyError)
  /// The other side of ``send(_:count:over:to:step:)``.
  static func receive(
    _ vectors: Int, count: Int, over mesh: any MessageLinks, from party: PartyIndex, step: StepID
  ) throws(ParleyError) -> [[Self]]
}

/// Ring words that can be shared.
package protocol FourPartyWord: RingWord, FourPartyRing {}

extension FourPartyWord {
  package static func plus(_ a: Self, _ b: Self) -> Self { a &+ b }
  package static func minus(_ a: Self, _ b: Self) -> Self { a &- b }
  package static func times(_ a: Self, _ b: Self) -> Self { a &* b }
  package init(uniform word: UInt64) { self.init(truncatingIfNeeded: word) }

  package static func send(
    _ vectors: [[Self]], count: Int, over mesh: any MessageLinks, to party: PartyIndex, step: StepID
  ) throws(ParleyError) {
    let words = Storage(copying: Array(vectors.joined()))
    defer { withExtendedLifetime(words) {} }
    try mesh.sendWords(words.pointer, count: words.count, to: party, step: step)
  }
  package static func receive(
    _ vectors: Int, count: Int, over mesh: any MessageLinks, from party: PartyIndex, step: StepID
  ) throws(ParleyError) -> [[Self]] {
    let words = Storage<Self>(uninitialized: vectors * count)
    try mesh.receiveWords(into: words.pointer, count: words.count, from: party, step: step)
    return words.array.parts(vectors, of: count)
  }
}
extension UInt64: FourPartyWord {}
extension UInt8: FourPartyWord {}

extension Bool: FourPartyRing {
  package static var zero: Bool { false }
  package static func plus(_ a: Bool, _ b: Bool) -> Bool { a != b }
  package static func minus(_ a: Bool, _ b: Bool) -> Bool { a != b }
  package static func times(_ a: Bool, _ b: Bool) -> Bool { a && b }
  package init(uniform word: UInt64) { self = word & 1 == 1 }

  package static func send(
    _ vectors: [[Bool]], count: Int, over mesh: any MessageLinks, to party: PartyIndex, step: StepID
  ) throws(ParleyError) {
    let words = Storage(copying: vectors.flatMap(\.packedPlane))
    defer { withExtendedLifetime(words) {} }
    try mesh.sendPlanes(words.pointer, PlaneLayout(planes: vectors.count, count: count), to: party, step: step)
  }
  package static func receive(
    _ vectors: Int, count: Int, over mesh: any MessageLinks, from party: PartyIndex, step: StepID
  ) throws(ParleyError) -> [[Bool]] {
    let layout = PlaneLayout(planes: vectors, count: count)
    let words = Storage<UInt64>(uninitialized: layout.words)
    try mesh.receivePlanes(into: words.pointer, layout, from: party, step: step)
    return words.array.parts(vectors, of: layout.wordsPerPlane).map { ClearBits(packed: $0, count: count).bits }
  }
}

extension Array {
  /// So many vectors that lie one after the other.
  func parts(_ vectors: Int, of count: Int) -> [[Element]] {
    (0..<vectors).map { Array(self[$0 * count..<($0 + 1) * count]) }
  }
}
/// One party's part of a vector x = x_0 + x_1 + x_2 + x_3: all summands but that of its own number, which is empty here.
package struct FourPartyVector<R: FourPartyRing>: Sendable {
  /// By number of the summand.
  package let summands: [[R]]
  /// Elements.
  package let count: Int

  /// Asked for each summand that this party holds.
  init(at party: Int, count: Int, _ summand: (Int) -> [R]) {
    summands = (0..<4).map { $0 == party ? [] : summand($0) }
    self.count = count
  }
  /// An element of a summand; that of a vector of one element is repeated.
  func element(_ summand: Int, _ index: Int) -> R { summands[summand][count == 1 ? 0 : index] }
  /// The sum of some summands.
  func total(_ numbers: [Int]) -> [R] {
    numbers.dropFirst().reduce(into: summands[numbers[0]]) { $0 = zip($0, summands[$1]).map(R.plus) }
  }
}
