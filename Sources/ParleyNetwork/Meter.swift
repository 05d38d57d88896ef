package import ParleyBase
internal import Synchronization

/// Counts what one party sends: protocol payload by peer, messages, and the depth of dependent messages.
///
/// Depth is measured as a logical clock that every frame carries: a party's clock is the largest depth it has
/// received, and a message is sent with clock + 1. The largest depth of a session is its number of rounds. Messages
/// that obtain correlated randomness (``StepID/isPreparation``) are counted apart, with a clock of their own. Control messages
/// (steps from ``StepID/firstControlInstruction`` on) are counted apart and carry no depth.
public final class Meter: Sendable {
  /// What has been counted up to one moment.
  public struct Reading: Sendable, Hashable {
    /// Payload bytes sent to each principal, by index.
    public var sentBytes: [Int]
    /// Messages sent to each principal, by index.
    public var sentMessages: [Int]
    /// What was sent before the first input to obtain correlated randomness.
    public var offline: Offline
    /// Bytes of handshake and other control messages, all peers together.
    public var controlBytes: Int
    /// Largest depth seen: the rounds so far.
    public var rounds: Int
  }
  /// What obtaining correlated randomness has cost.
  public struct Offline: Sendable, Hashable {
    /// Payload bytes sent to each principal, by index.
    public var sentBytes: [Int]
    /// Messages sent to each principal, by index.
    public var sentMessages: [Int]
    /// Largest depth seen: the rounds that it took.
    public var rounds = 0
  }

  private struct State {
    var reading: Reading
    var clock = 0
    var offlineClock = 0
  }
  private let state: Mutex<State>

  /// A meter for links to so many principals.
  public init(count: Int) {
    let none = Array(repeating: 0, count: count)
    state = Mutex(
      State(
        reading: Reading(
          sentBytes: none, sentMessages: none, offline: Offline(sentBytes: none, sentMessages: none),
          controlBytes: 0, rounds: 0)))
  }

  /// Records one message and returns the depth its frame must carry.
  package func recordSend(step: StepID, to party: PartyIndex, bytes: Int) -> UInt32 {
    state.withLock { state in
      guard step.instruction < StepID.firstControlInstruction else {
        state.reading.controlBytes += bytes
        return 0
      }
      guard !step.isPreparation else {
        state.reading.offline.sentBytes[party.rawValue] += bytes
        state.reading.offline.sentMessages[party.rawValue] += 1
        let depth = UInt32(clamping: state.offlineClock + 1)
        state.reading.offline.rounds = max(state.reading.offline.rounds, Int(depth))
        return depth
      }
      state.reading.sentBytes[party.rawValue] += bytes
      state.reading.sentMessages[party.rawValue] += 1
      // Clamped: the clock comes from frames of peers, and a hostile depth must not trap here.
      let depth = UInt32(clamping: state.clock + 1)
      state.reading.rounds = max(state.reading.rounds, Int(depth))
      return depth
    }
  }

  /// Records the depth of a message when it is consumed.
  package func recordReceive(step: StepID, depth: UInt32) {
    state.withLock { state in
      guard !step.isPreparation else {
        state.offlineClock = max(state.offlineClock, Int(depth))
        state.reading.offline.rounds = max(state.reading.offline.rounds, state.offlineClock)
        return
      }
      state.clock = max(state.clock, Int(depth))
      state.reading.rounds = max(state.reading.rounds, state.clock)
    }
  }

  /// What has been counted so far.
  public var reading: Reading { state.withLock { $0.reading } }
}
