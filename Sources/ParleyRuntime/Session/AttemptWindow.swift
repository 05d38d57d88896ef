internal import ParleyCrypto

/// A number that the attempt counter of a memory has issued to one session.
///
/// The tag is random and drawn with the number. A memory that was restored from a backup issues the same numbers again,
/// with other tags: so a session that comes late can be told from one of a backup.
package struct OpenAttempt: Sendable, Hashable, Codable {
  /// Number of the attempt, from 1; one counter issues each number once.
  package var number: UInt64
  /// Random tag, drawn with the number.
  package var tag: UInt64
  /// A number with its tag.
  package init(number: UInt64, tag: UInt64) {
    self.number = number
    self.tag = tag
  }
}

/// What a principal says of its attempt counter: the number issued to this session, and the earlier ones that others may
/// still be shown. A number below ``attempt`` that is not in ``open`` is closed: it is presented to nobody any more, and whoever
/// presents it has an older memory.
package struct AttemptWindow: Sendable, Hashable {
  /// Most numbers that are open at one time, and most sessions that one memory has in their handshakes.
  package static let limit = 16

  /// The number that was issued to this session.
  package var attempt: UInt64
  /// Tag that was drawn with the number.
  package var tag: UInt64
  /// Ascending, all below ``attempt``, at most ``limit``.
  package var open: [OpenAttempt]

  /// A window; see the properties.
  package init(attempt: UInt64, tag: UInt64, open: [OpenAttempt]) {
    self.attempt = attempt
    self.tag = tag
    self.open = open
  }

  /// 64 random bits: two memories that issue one number differ but for a chance of 2^-64.
  package static func newTag() -> UInt64 {
    SecureRandom.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Whether numbers are in order, below `attempt` and not too many: the only form in which windows are sent or stored.
  package static func isOrdered(_ open: [OpenAttempt], below attempt: UInt64) -> Bool {
    guard open.count <= limit else { return false }
    return zip(open, open.dropFirst()).allSatisfy { $0.number < $1.number }
      && open.last.map { $0.number < attempt } ?? true
  }
}

/// The state of another principal as it presents it in a handshake.
package struct PresentedMemory: Sendable, Hashable {
  /// 32 bytes that name the memory.
  package var stateID: [UInt8]
  /// What it says of its counter.
  package var window: AttemptWindow
  /// What one principal presents.
  package init(stateID: [UInt8], window: AttemptWindow) {
    self.stateID = stateID
    self.window = window
  }
}

/// The state of another principal as it is remembered.
package struct PeerMemory: Sendable, Hashable {
  /// 32 bytes that name the memory; all zero where nothing is known.
  package var stateID: [UInt8]
  /// The largest number that principal itself has presented; it has made it durable before, so its next is larger.
  package var attempt: UInt64
  /// Smaller numbers that it had open then and has not presented here since.
  package var open: [OpenAttempt]
  /// In place of an attempt: nothing that this memory presents is newer.
  package static let refused = UInt64.max

  /// What is remembered of one principal.
  package init(stateID: [UInt8], attempt: UInt64, open: [OpenAttempt] = []) {
    self.stateID = stateID
    self.attempt = attempt
    self.open = open
  }

  /// Whether a window of the same memory continues what is remembered of it: its number is new, or one that was open and
  /// carries the tag that it had then; and it gives no open number another tag.
  package func admits(_ window: AttemptWindow) -> Bool {
    guard attempt != Self.refused else { return false }
    let presented = OpenAttempt(number: window.attempt, tag: window.tag)
    guard window.attempt > attempt || open.contains(presented) else { return false }
    return window.open.allSatisfy { listed in
      open.allSatisfy { $0.number != listed.number || $0.tag == listed.tag }
    }
  }

  /// Remembers a window that ``admits(_:)`` allows. What is closed stays closed, whatever the window lists.
  package mutating func note(_ window: AttemptWindow) {
    if window.attempt > attempt {
      open = window.open.filter { listed in listed.number > attempt || open.contains(listed) }
      attempt = window.attempt
    } else {
      open.removeAll { $0.number == window.attempt }
    }
  }
}
