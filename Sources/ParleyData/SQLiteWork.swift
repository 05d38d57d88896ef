#if SQLite
  internal import CSQLite
  import Foundation
  internal import Synchronization

  /// Counts what SQLite does, so that a view without end is no wait without end.
  final class SQLiteWork: Sendable {
    /// SQLite's steps between two looks at the count and the clock.
    static let stride = 1_000
    /// More for every row that came.
    private static let perRow = 10_000
    /// Seconds more for every row that came.
    private static let secondsPerRow = 0.001

    private let limit: Int
    private let seconds: Double
    private let state = Mutex(State())

    private struct State {
      var steps = 0
      var rows = 0
      /// Seconds that SQLite took, waits for the disk included.
      var elapsed = 0.0
      var began: Double?
      /// Of the processor, for the thread that works.
      var clock: clockid_t?
      var processorAtStart = 0.0
      var isAbandoned = false
      /// As a number: it is handed from thread to thread.
      var database = 0

      /// Waits are no work: the processor must have been busy as well.
      func hasTime(_ seconds: Double) -> Bool {
        let limit = seconds + SQLiteWork.secondsPerRow * Double(rows)
        let now = elapsed + (began.map { SQLiteWork.now(CLOCK_MONOTONIC) - $0 } ?? 0)
        guard now > limit, let clock else { return true }
        return SQLiteWork.now(clock) - processorAtStart <= limit
      }
    }

    init(limit: Int, seconds: Double) {
      self.limit = limit
      self.seconds = seconds
    }

    private static func now(_ clock: clockid_t) -> Double {
      var time = timespec()
      clock_gettime(clock, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Before any work.
    func isOfThisThread() {
      var clock = clockid_t()
      guard pthread_getcpuclockid(pthread_self(), &clock) == 0 else { return }
      state.withLock {
        $0.clock = clock
        $0.processorAtStart = Self.now(clock)
      }
    }

    /// Whether there is time left; asked by any thread.
    var hasTime: Bool { state.withLock { $0.hasTime(seconds) } }
    /// - Parameter database: what the work is about, as long as it is open.
    func isAbout(_ database: OpaquePointer?) {
      let number = Int(bitPattern: database)
      state.withLock { $0.database = number }
    }
    /// Nobody waits for it any more: texts of more than a byte are too long from now on, so that it fails at the next.
    func abandon() {
      state.withLock {
        $0.isAbandoned = true
        if let database = OpaquePointer(bitPattern: $0.database) {
          sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 1)
        }
      }
    }
    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// Whether there is enough left to go on with.
    func goOn() -> Bool {
      state.withLock { state in
        state.steps += Self.stride
        return !state.isAbandoned && state.steps <= limit + Self.perRow * state.rows && state.hasTime(seconds)
      }
    }
    func countRow() { state.withLock { $0.rows += 1 } }
    func begin() { state.withLock { $0.began = Self.now(CLOCK_MONOTONIC) } }
    /// Whether SQLite may be called again.
    func end() -> Bool {
      state.withLock { state in
        if let began = state.began { state.elapsed += Self.now(CLOCK_MONOTONIC) - began }
        state.began = nil
        return !state.isAbandoned && state.hasTime(seconds)
      }
    }
  }
#endif
