package import ParleyBase
import Synchronization

/// Remembers which random streams have been used, and refuses the second use of one.
///
/// Two vectors masked by the same stream give away their difference, so reuse is a bug of the caller that must
/// never go unnoticed: it throws in every build, and the session ends. One entry for each stream, not for each element;
/// about 50 bytes. Streams of a pass of a loop that is over have one entry together.
package final class UseOnceLedger: Sendable {
  private struct Entry: Hashable {
    let label: DomainLabel
    let prover: Int
    let stream: UInt64
  }

  /// One use of a stream, as an observer sees it.
  package struct Use: Hashable, Sendable {
    package let label: DomainLabel
    package let prover: Int
    package let stream: UInt64
  }

  private struct State {
    var observer: (@Sendable (Use) -> Void)?
    var used = PassLedger<Entry>()
    var keys: [AESKey] = []
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Nothing has been used.
  package init() {}

  /// A key that is overwritten when the ledger is closed.
  package func adopt(_ key: AESKey) { state.withLock { $0.keys.append(key) } }

  /// Overwrites all keys and refuses every stream from now on.
  package func close() {
    state.withLock { state in
      for key in state.keys { key.destroy() }
      state.keys = []
      state.isClosed = true
    }
  }

  /// Called before every use from now on, the one that is refused included: for tests that compare the uses of several processes.
  package func observe(_ observer: @escaping @Sendable (Use) -> Void) {
    state.withLock { $0.observer = observer }
  }

  /// A pass of a loop, with these numbers of instructions, begins.
  package func begin(pass numbers: Range<Int>) { state.withLock { $0.used.begin(pass: numbers) } }
  /// The pass that began last is over: every stream of it counts as used.
  package func endPass() { state.withLock { $0.used.endPass() } }
  /// Entries that are kept.
  package var count: Int { state.withLock { $0.used.count } }

  /// Notes the use of a stream, once.
  package func claim(_ label: DomainLabel, prover: PartyIndex?, stream: UInt64) throws(ParleyError) {
    let entry = Entry(label: label, prover: prover?.rawValue ?? -1, stream: stream)
    let number = StepID(rawValue: stream).instruction
    state.withLock { $0.observer }?(Use(label: label, prover: entry.prover, stream: stream))
    let (isNew, isClosed) = state.withLock { ($0.used.insert(entry, at: number), $0.isClosed) }
    guard !isClosed else {
      throw ParleyError(
        .randomnessReuse, "the keys of this session have been destroyed",
        at: .init(item: "\(label.rawValue) at \(StepID(rawValue: stream))"),
        remedy: "start a new session: nothing of one that was aborted can be used again")
    }
    guard !isNew else { return }
    throw ParleyError(
      .randomnessReuse, "a random stream was about to be used a second time",
      at: .init(item: "\(label.rawValue) at \(StepID(rawValue: stream))"),
      remedy: "end the session and report this as a bug: every operation needs a step of its own")
  }
}
