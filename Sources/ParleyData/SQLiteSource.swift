#if SQLite
  internal import Dispatch
  import Foundation
  internal import ParleyBase
  internal import ParleyStudy
  internal import Synchronization

  /// The rows of one query of an SQLite database as delimited text.
  ///
  /// SQLite works on a thread of its own, because nothing interrupts what it does for one row, and a view can have room
  /// for as many long calls of functions as its author likes. Whoever reads waits as long as the work may take, and
  /// then leaves the thread behind.
  final class SQLiteSource: ByteSource {
    /// SQLite's steps that a query may take before its first row.
    static let mostSteps = 1_000_000_000
    /// Seconds of work that a query may take before its first row: single steps can be long.
    static let mostSeconds = 60.0
    /// Bytes of rows that are handed over at once.
    private static let handedOver = 1 << 16
    /// Between two looks at the clock, in milliseconds.
    private static let patience = 100

    private let work: SQLiteWork
    private let exchange = Exchange()
    private var rows = RowWriter()
    private var isDone = false

    /// What one thread asks for and the other gives.
    private final class Exchange: Sendable {
      let wanted = DispatchSemaphore(value: 0)
      let given = DispatchSemaphore(value: 0)
      private let answer = Mutex<Result<(rows: RowWriter, isLast: Bool), FileSource.Failure>?>(nil)

      func give(_ result: Result<(rows: RowWriter, isLast: Bool), FileSource.Failure>) {
        answer.withLock { $0 = result }
        given.signal()
      }
      func take() -> Result<(rows: RowWriter, isLast: Bool), FileSource.Failure>? {
        answer.withLock { answer in
          defer { answer = nil }
          return answer
        }
      }
    }

    /// - Parameters:
    ///   - null: what stands for a cell without a value.
    ///   - mostSteps: SQLite's steps without a row.
    ///   - mostSeconds: of SQLite's work without a row.
    init(
      path: String, sql: String, null: String, mostSteps: Int, mostSeconds: Double
    ) throws(FileSource.Failure) {
      let work = SQLiteWork(limit: mostSteps, seconds: mostSeconds)
      self.work = work
      try Self.start { [exchange] in
        exchange.wanted.wait()
        work.isOfThisThread()
        var reader: SQLiteReader?
        while !work.isAbandoned {
          do throws(FileSource.Failure) {
            guard let reader else {
              // Whether the query can be read is known before the first row is worked on.
              reader = try SQLiteReader(path: path, sql: sql, null: null, work)
              exchange.give(.success((RowWriter(), false)))
              exchange.wanted.wait()
              continue
            }
            let next = try reader.rows(bytes: Self.handedOver)
            exchange.give(.success((next, reader.isDone && next.isEmpty)))
          } catch { exchange.give(.failure(error)) }
          exchange.wanted.wait()
        }
      }
      try fetch()
    }
    deinit { leave() }

    private func leave() {
      work.abandon()
      exchange.wanted.signal()
    }

    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(FileSource.Failure) -> Int {
      while rows.isEmpty, !isDone { try fetch() }
      return rows.take(into: buffer)
    }

    private func fetch() throws(FileSource.Failure) {
      exchange.wanted.signal()
      while exchange.given.wait(timeout: .now() + .milliseconds(Self.patience)) == .timedOut {
        guard work.hasTime else {
          leave()
          throw SQLiteReader.endless
        }
      }
      switch exchange.take() {
      case .success(let answer): (rows, isDone) = answer
      case .failure(let failure): throw failure
      case nil: isDone = true
      }
    }

    private final class Body {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a thread that nobody waits for.
    private static func start(_ body: @escaping @Sendable () -> Void) throws(FileSource.Failure) {
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      defer { pthread_attr_destroy(&attributes) }
      pthread_attr_setstacksize(&attributes, 8 << 20)
      var thread = pthread_t()
      let work = Unmanaged.passRetained(Body(body))
      let status = pthread_create(
        &thread, &attributes,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
          return nil
        }, work.toOpaque())
      guard status != 0 else {
        pthread_detach(thread)
        return
      }
      work.release()
      throw FileSource.Failure(
        reason: "the system gave no thread for SQLite (error \(status))", code: .init("state/no-thread"),
        remedy: "raise the limits of processes and of memory (ulimit -u, ulimit -v)")
    }
  }
#endif
