internal import Glibc
internal import ParleyNetwork
internal import Synchronization

/// Splits one pass of a proof over its vectors between threads. Passes add up in fields and rings, where the order of
/// summands makes no difference, and write disjoint ranges: results do not depend on the number of threads.
package struct ProofWorkers: Sendable {
  /// At least 1; 1 works on the caller's thread.
  package let threads: Int

  /// Shorter passes are over before a second thread has started.
  static let piecesPerThread = 4

  /// So many threads, or one if `threads` is less.
  package init(threads: Int) { self.threads = max(1, threads) }

  /// One thread for each core. Parties that share a machine take pieces as they get cores, so that having more
  /// threads than cores costs a start of a thread for each pass.
  package static let allCores = ProofWorkers(threads: sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  /// One pass. Unchecked: what it calls is used by several threads at a time, each with a state of its own, and beside
  /// that only reads; all threads have ended when the caller goes on.
  private final class Pass<State>: @unchecked Sendable {
    private let pieces: Int
    private let start: () -> State
    private let body: (inout State, Int) -> Void
    private let next = Atomic<Int>(0)
    private let lock = Mutex(())
    private var states: [State] = []

    init(pieces: Int, start: @escaping () -> State, body: @escaping (inout State, Int) -> Void) {
      self.pieces = pieces
      self.start = start
      self.body = body
    }

    /// Takes pieces until none is left.
    func work() {
      var state = start()
      while true {
        let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard piece < pieces else { break }
        body(&state, piece)
      }
      lock.withLock { _ in states.append(state) }
    }

    var results: [State] { states }
  }

  /// Calls `body` once for each piece, with a state that no other thread has at that time.
  ///
  /// - Parameters:
  ///   - start: makes a state; called on the thread that uses it.
  ///   - body: reads what all pieces share, and changes its state and memory that belongs to its piece.
  /// - Returns: all states that were made.
  func run<State>(
    pieces: Int, start: @escaping () -> State, _ body: @escaping (inout State, Int) -> Void
  ) -> [State] {
    let helpers = min(threads, pieces / Self.piecesPerThread) - 1
    guard helpers > 0 else {
      var state = start()
      for piece in 0..<pieces { body(&state, piece) }
      return [state]
    }
    let pass = Pass(pieces: pieces, start: start, body: body)
    // Where the system gives no thread, the others do its part.
    let others = (0..<helpers).compactMap { _ in try? PartyThread(name: "proof") { pass.work() } }
    pass.work()
    for thread in others { thread.join() }
    return pass.results
  }
}
