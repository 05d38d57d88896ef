internal import ParleyBase
package import ParleyNetwork

/// One way to send something else than the protocol says.
package enum Mutation: String, CaseIterable, Sendable {
  /// One bit of the payload.
  case flipBit = "flip a bit"
  /// To one word of the payload.
  case addOne = "add 1"
  /// To one word of the payload: only its highest bit changes.
  case addTop = "add 2^63"
  /// Of words, or of bytes where there is one word at most.
  case swap = "swap two elements"
  /// The payload without its last byte.
  case truncate
  /// The payload with a byte more.
  case extend
  /// The message twice.
  case duplicate
  /// No message.
  case drop
  /// The payload of an earlier message, of the same length where there is one.
  case replay = "older payload"
  /// An earlier message as it was.
  case replayWithStep = "older message"
  /// The payload of a later message of the same length.
  case otherPayload = "other payload"
  /// The payload at the step of another message.
  case relabel = "other step"

  /// What to do with a message, and whether the receiver sees any difference.
  ///
  /// - Parameters:
  ///   - link: all messages of this link in an honest run; `message` is number `message.ordinal`.
  ///   - seed: chooses positions.
  package func apply(
    to message: InterceptedMessage, link: [Transcript.Entry], seed: UInt64
  ) -> (action: Interception, isIdentity: Bool) {
    var random = InsecureRandom(seed: seed, UInt64(message.ordinal), message.step.rawValue)
    func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }
    func change(_ bytes: [UInt8]) -> (Interception, Bool) { (.change(bytes), bytes == message.bytes) }
    var bytes = message.bytes
    let words = bytes.count / 8
    switch self {
    case .flipBit:
      guard !bytes.isEmpty else { return (.pass, true) }
      bytes[pick(bytes.count)] ^= 1 << UInt8(pick(8))
      return change(bytes)
    case .addOne:
      Self.add(1, at: words > 0 ? 8 * pick(words) : 0, to: &bytes)
      return change(bytes)
    case .addTop:
      guard words > 0 else { return (.pass, true) }
      bytes[8 * pick(words) + 7] ^= 0x80
      return change(bytes)
    case .swap:
      let size = words > 1 ? 8 : 1
      let count = bytes.count / size
      guard count > 1 else { return (.pass, true) }
      let (first, second) = (pick(count), pick(count - 1))
      let other = second < first ? second : second + 1
      for place in 0..<size { bytes.swapAt(size * first + place, size * other + place) }
      return change(bytes)
    case .truncate: return bytes.isEmpty ? (.pass, true) : (.truncate(to: bytes.count - 1), false)
    case .extend: return (.extend(by: [0]), false)
    // Nobody reads a message after the last.
    case .duplicate: return (.duplicate, message.ordinal == link.count - 1)
    case .drop: return (.drop, false)
    case .replay, .replayWithStep:
      let older = 0..<message.ordinal
      let alike = older.filter { link[$0].byteCount == bytes.count && link[$0].bytes != bytes }
      guard let ordinal = alike.last ?? older.last else { return (.pass, true) }
      return (self == .replay ? .replay(ordinal: ordinal) : .replayWithOldStep(ordinal: ordinal), false)
    case .otherPayload:
      let alike = link.indices.filter {
        $0 > message.ordinal && link[$0].byteCount == bytes.count && link[$0].bytes != bytes
      }
      guard let ordinal = alike.first, let other = link[ordinal].bytes else { return (.pass, true) }
      return change(other)
    case .relabel:
      let others = link.indices.filter { link[$0].step != message.step }
      guard !others.isEmpty else { return (.pass, true) }
      return (.relabel(link[others[pick(others.count)]].step), false)
    }
  }

  /// Adds a number to the word, or what there is of it, at byte `start`.
  package static func add(_ number: UInt64, at start: Int, to bytes: inout [UInt8]) {
    let places = start..<min(start + 8, bytes.count)
    let word = places.reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * ($1 - start)) } &+ number
    for place in places { bytes[place] = UInt8(truncatingIfNeeded: word >> UInt64(8 * (place - start))) }
  }
}
