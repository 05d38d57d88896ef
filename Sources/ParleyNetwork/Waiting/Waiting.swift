package import ParleyBase
internal import Synchronization

/// What a blocked party waits for.
package struct Waiting: Sendable, Hashable {
  /// What has not happened yet.
  package enum Need: Sendable, Hashable {
    /// The message of ``Waiting/step`` has not come.
    case message
    /// The peer has not taken enough of what was sent before (back-pressure).
    case room
  }
  /// The peer that has to act.
  package var party: PartyIndex
  /// Of the message that is waited for, or that waits to be sent.
  package var step: StepID
  /// When the thread began to wait.
  package var since: ContinuousClock.Instant
  /// What it waits for.
  package var need: Need

  /// A wait that begins now.
  package init(
    party: PartyIndex, step: StepID, since: ContinuousClock.Instant = .now, need: Need = .message
  ) {
    self.party = party
    self.step = step
    self.since = since
    self.need = need
  }

  /// How long it has waited.
  package var elapsed: Duration { since.duration(to: .now) }
}

/// The cell in which a mesh publishes what its thread waits for. Written only when a thread really blocks, so
/// it costs nothing on the fast path. When several threads of one party block, the last one is shown.
package final class WaitingSlot: Sendable {
  private let value = Mutex<Waiting?>(nil)
  /// Nobody waits.
  package init() {}
  /// What is waited for just now; nil while the thread runs.
  package var current: Waiting? { value.withLock { $0 } }
  /// From the thread that waits: what it waits for, or nil when it goes on.
  package func set(_ waiting: Waiting?) { value.withLock { $0 = waiting } }
}

/// Who waits on whom, for all parties of one process or as far as one party can see.
package struct StallReport: Sendable, Hashable, CustomStringConvertible {
  /// One party that is blocked.
  package struct Line: Sendable, Hashable {
    package var party: PartyIndex
    /// On whom it waits, and for what.
    package var waiting: Waiting
    /// A party and what it waits for.
    package init(party: PartyIndex, waiting: Waiting) {
      self.party = party
      self.waiting = waiting
    }
  }
  /// The parties that are blocked, by index.
  package var lines: [Line]

  /// A report of these parties.
  package init(lines: [Line]) { self.lines = lines }
  /// What the parties of these meshes wait for just now.
  package init(_ meshes: [any Mesh]) {
    lines = meshes.compactMap { mesh in mesh.waitingOn.map { Line(party: mesh.local, waiting: $0) } }
  }

  /// The parties that wait on each other in a circle, if any: nobody of them can go on by itself.
  package var circle: [Line] {
    let next = Dictionary(lines.map { ($0.party, $0) }, uniquingKeysWith: { first, _ in first })
    for line in lines {
      var path: [Line] = []
      var at: Line? = line
      while let here = at, !path.contains(where: { $0.party == here.party }) {
        path.append(here)
        at = next[here.waiting.party]
      }
      if at?.party == line.party { return path }
    }
    return []
  }

  package var description: String {
    lines.map {
      let need = $0.waiting.need == .message ? "waits for" : "waits for room at"
      return "\($0.party) \(need) \($0.waiting.party) at \($0.waiting.step)"
    }.joined(separator: ", ")
  }
}
