package import ParleyBase
internal import Synchronization

/// Test equipment: everything that went over the links of a session.
package struct Transcript: Sendable, Hashable {
  /// One direction between two parties.
  package struct Link: Sendable, Hashable, Comparable {
    /// The sender.
    package var from: PartyIndex
    /// The receiver.
    package var to: PartyIndex
    /// The link from one party to another.
    package init(from: PartyIndex, to: PartyIndex) {
      self.from = from
      self.to = to
    }
    package static func < (a: Link, b: Link) -> Bool { (a.from, a.to) < (b.from, b.to) }
  }
  /// One message.
  package struct Entry: Sendable, Hashable {
    /// Step at which the message was sent.
    package var step: StepID
    /// Bytes of the payload.
    package var byteCount: Int
    /// Tells apart transcripts that differ by accident, not by malice (64-bit FNV-1a); 0 when only sizes are kept.
    package var digest: UInt64
    /// When bytes are kept.
    package var bytes: [UInt8]?
  }
  /// How much of each message is kept.
  package enum Detail: Sendable, Hashable {
    /// Steps and sizes.
    case sizes
    /// A hash of the contents as well.
    case digests
    /// The contents as well.
    case bytes
  }

  /// Messages by link, in the order of sending.
  package var links: [Link: [Entry]] = [:]

  /// What an observer of the encrypted links sees: steps and sizes. Two runs of one program on different data
  /// must have equal shapes (obliviousness).
  package var shape: [Link: [Shape]] {
    links.mapValues { $0.map { Shape(step: $0.step, byteCount: $0.byteCount) } }
  }
  /// A message without its contents.
  package struct Shape: Sendable, Hashable {
    /// Step at which the message was sent.
    package var step: StepID
    /// Bytes of the payload.
    package var byteCount: Int
  }

  /// What `party` received, by sender: its view, for paired-tape and uniformity tests.
  package func view(of party: PartyIndex) -> [PartyIndex: [Entry]] {
    Dictionary(uniqueKeysWithValues: links.filter { $0.key.to == party }.map { ($0.key.from, $0.value) })
  }

  /// Total bytes of one link.
  package func bytes(from: PartyIndex, to: PartyIndex) -> Int {
    links[Link(from: from, to: to), default: []].reduce(0) { $0 + $1.byteCount }
  }

  static func digest(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// Test equipment: collects the transcript of all parties.
final class TranscriptRecorder: Sendable {
  private let transcript = Mutex(Transcript())
  private let detail: Transcript.Detail

  init(detail: Transcript.Detail) { self.detail = detail }

  var current: Transcript { transcript.withLock { $0 } }

  func record(_ message: InterceptedMessage) {
    let entry = Transcript.Entry(
      step: message.step, byteCount: message.bytes.count,
      digest: detail == .sizes ? 0 : Transcript.digest(message.bytes),
      bytes: detail == .bytes ? message.bytes : nil)
    transcript.withLock { $0.links[.init(from: message.from, to: message.to), default: []].append(entry) }
  }
}
