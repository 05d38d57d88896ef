import Foundation
internal import ParleyBase
internal import ParleyStudy

/// The rows of one query of a PostgreSQL database as delimited text: what `COPY … TO STDOUT` writes, through the
/// installed `psql`, in a session that may only read.
///
/// `psql` and not a library: it brings passwords (`PGPASSWORD`, `~/.pgpass`), TLS, services and Kerberos as the
/// organisation has set them up, and it is there wherever somebody works with such a database. Rows are streamed, never
/// held.
final class PostgreSQLSource: ByteSource {
  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()
  private var hasEnded = false

  /// - Parameter null: what stands for a cell without a value.
  init(url: String, sql: String, null: String) throws(FileSource.Failure) {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // The line break ends a comment at the end of the query. Only states of errors are told, because their texts may
    // hold cells.
    let copy = "COPY (\n\(sql)\n) TO STDOUT WITH (FORMAT csv, HEADER true, FORCE_QUOTE *, NULL '\(null)')"
    process.arguments = [
      "psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate",
      "--dbname=\(url)",
      "--command=SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
      "--command=SET datestyle = 'ISO'", "--command=SET timezone = 'UTC'", "--command=SET extra_float_digits = 1",
      "--command=SET client_min_messages = error", "--command=\(copy)",
    ]
    var environment = ProcessInfo.processInfo.environment
    environment["PGCLIENTENCODING"] = "UTF8"
    if environment["PGCONNECT_TIMEOUT"] == nil { environment["PGCONNECT_TIMEOUT"] = "10" }
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch {
      throw FileSource.Failure(
        reason: "psql cannot be started: \(error.localizedDescription)", code: Self.code, remedy: Self.install)
    }
  }
  deinit {
    // A reader that has seen enough does not wait for the rest. Not SIGTERM: the signals that this thread blocks are
    // blocked in what it starts.
    guard process.isRunning else { return }
    try? output.fileHandleForReading.close()
    kill(process.processIdentifier, SIGKILL)
  }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(FileSource.Failure) -> Int {
    guard !hasEnded else { return 0 }
    while true {
      let count = Foundation.read(output.fileHandleForReading.fileDescriptor, buffer.baseAddress, buffer.count)
      if count > 0 { return count }
      if count < 0, errno == EINTR { continue }
      break
    }
    hasEnded = true
    let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw failure(message) }
    return 0
  }

  // MARK: Errors

  private static let code = ParleyError.Code("data/database")
  private static let install = "install it: apt-get install postgresql-client"

  /// What the states mean that a query of a holder meets.
  private static let states = [
    "42P01": "there is no such table", "42703": "there is no such column", "42601": "the query is not SQL",
    "42501": "this user may not read it", "25006": "the query does not only read, and nothing of it was run",
    "57014": "the query was cancelled", "42803": "the query mixes groups and rows",
    "42883": "there is no such function or operator", "3F000": "there is no such schema",
  ]

  private func failure(_ message: String) -> FileSource.Failure {
    if process.terminationReason == .exit, process.terminationStatus == 127 {
      return .init(reason: "psql is not installed", code: Self.code, remedy: Self.install)
    }
    for line in message.split(separator: "\n") {
      guard let range = line.range(of: "ERROR:") else { continue }
      let state = line[range.upperBound...].trimmingCharacters(in: .whitespaces)
      return .init(
        reason: "PostgreSQL: \(Self.states[state] ?? "the query failed") (state \(state))", code: Self.code,
        remedy: state == "25006"
          ? "name a query that only reads: query=SELECT … FROM …"
          : "try the query in a psql that only reads: PGOPTIONS='-c default_transaction_read_only=on' psql; '\\d' lists the tables"
      )
    }
    // Before a query runs there is nothing of a row to be told.
    let words = message.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    return .init(
      reason: words.isEmpty
        ? "psql ended with status \(process.terminationStatus)" : words.joined(separator: " "), code: Self.code,
      remedy: "try to connect with psql; it takes a password from PGPASSWORD or ~/.pgpass")
  }
}
