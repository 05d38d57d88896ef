import Foundation
import ParleyBase

/// A role running as a process of its own. It ends when this process does, however that ends: see ``Lifeline``.
final class RoleProcess {
  let name: String
  let process = Process()
  let reportPath: String
  private let errorPath: String

  init(name: String, arguments: [String], directory: String, showsErrors: Bool) throws(ParleyError) {
    self.name = name
    reportPath = directory + "/\(name).report.json"
    errorPath = directory + "/\(name).log"
    process.executableURL = URL(fileURLWithPath: Self.executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging([Lifeline.variable: directory]) { $1 }
    process.standardInput = try Lifeline.readingEnd()
    process.standardOutput = FileHandle.nullDevice
    if showsErrors {
      process.standardError = FileHandle.standardError
    } else {
      let created = FileManager.default.createFile(
        atPath: errorPath, contents: nil, attributes: [.posixPermissions: 0o600])
      process.standardError = created ? FileHandle(forWritingAtPath: errorPath) : FileHandle.nullDevice
    }
    try Descriptors.requireForStarting("the process of \(name)")
    do { try process.run() } catch {
      throw SystemFailure.error(
        error, "cannot start the process of \(name)",
        remedy:
          "raise the limits of open files and processes (ulimit -n, ulimit -u), or use 'parley run --in-process'")
    }
  }

  /// This program itself.
  static var executable: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }

  private var hasFailed: Bool { process.terminationReason == .uncaughtSignal || process.terminationStatus != 0 }

  /// "exit code 6", or the signal that ended it.
  private var ending: String {
    guard process.terminationReason == .uncaughtSignal else { return "exit code \(process.terminationStatus)" }
    let number = process.terminationStatus
    return "ended by signal \(number), \(strsignal(number).map { String(cString: $0) } ?? "unknown")"
  }

  /// It left because it was told to.
  private var wasInterrupted: Bool {
    process.terminationReason == .exit && process.terminationStatus == ParleyError(.interrupted, "").exitCode
  }

  /// What it printed, escaped line by line.
  private var words: String {
    let text = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
    return VisibleText.lines(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Waits for all; when one fails the others are told to stop, and its own words are thrown.
  static func wait(for all: [RoleProcess]) throws(ParleyError) {
    var running = all
    var failed: RoleProcess?
    // Peers notice by themselves; what then still waits for a party that never came is interrupted, and what does not
    // end then is killed.
    var nextSteps: [(at: ContinuousClock.Instant, signal: Int32)] = []
    let stop = EndSignal()
    defer { stop.end() }
    var isStopping = false
    while !running.isEmpty {
      usleep(2000)
      if EndSignal.happened, !isStopping {
        isStopping = true
        for role in running { role.process.interrupt() }
        nextSteps = [(.now + .seconds(10), SIGKILL)]
      }
      if let step = nextSteps.first, step.at < .now {
        nextSteps.removeFirst()
        for role in running { kill(role.process.processIdentifier, step.signal) }
      }
      for role in running where !role.process.isRunning {
        running.removeAll { $0 === role }
        if role.hasFailed, failed == nil {
          failed = role
          if !isStopping { nextSteps = [(.now + .seconds(3), SIGINT), (.now + .seconds(13), SIGKILL)] }
        }
      }
    }
    if isStopping {
      throw ParleyError(
        .interrupted, "interrupted; every party of the trial was stopped",
        remedy: "start it again when you are ready")
    }
    if let failed {
      // Who was stopped because of it has nothing to say, nor has who was killed.
      let stopped = all.filter { $0 !== failed && $0.wasInterrupted }
      var told = all.filter { role in role.hasFailed && !stopped.contains { $0 === role } }
        .map { (name: $0.name, words: $0.words) }.filter { !$0.words.isEmpty }
        .map { "[\($0.name)] \($0.words)" }
      if !stopped.isEmpty {
        told.append("stopped because of it: \(stopped.map(\.name).joined(separator: ", "))")
      }
      let isData = failed.process.terminationReason == .exit && failed.process.terminationStatus == 4
      // Output that cannot be written, and no word of it in a log: the log is on the same disk.
      let isFull =
        failed.process.terminationReason == .exit && failed.process.terminationStatus == 9
        && ((try? String(contentsOfFile: failed.errorPath, encoding: .utf8)) ?? "").isEmpty
      var error = ParleyError(
        .init(isData ? "data/refused" : "aborted/role"),
        (["the run ended without a result: \(failed.name) stopped first (\(failed.ending))"] + told)
          .joined(separator: "\n"),
        remedy: isFull
          ? "its log could not be written: make room in \(NSTemporaryDirectory()), or set TMPDIR" : nil)
      // What a process of this trial printed is escaped line by line.
      error.hasLines = true
      throw error
    }
  }
}

/// What ties the processes of a trial to the one that started them: a pipe of which they read an end that nobody ever
/// writes to. When the starter is gone, killed or not, the read returns; they remove the trial's folder, which has keys
/// and reports, and end.
enum Lifeline {
  /// Names the folder of the trial to a process that was started for one.
  static let variable = "PARLEY_TRIAL_FOLDER"

  /// Its writing end stays in this process: what it starts must not hold it open as well.
  private static let ends: (reading: Int32, writing: Int32)? = {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }()

  static func readingEnd() throws(ParleyError) -> FileHandle {
    guard let ends else {
      throw ParleyError(
        .init("state/io"), "cannot make a pipe: there are too many open files",
        remedy: "raise the limit of open files (ulimit -n)")
    }
    return FileHandle(fileDescriptor: ends.reading, closeOnDealloc: false)
  }

  /// At the start of a process: if it belongs to a trial, it ends with the trial's starter.
  static func hold() {
    guard let folder = ProcessInfo.processInfo.environment[variable], !folder.isEmpty else { return }
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count > 0 || (count < 0 && errno == EINTR) { continue }
        break
      }
      TemporaryFolder.remove(folder)
      _exit(130)
    }
  }
}

/// Errors of the system's libraries, as everything else is told.
enum SystemFailure {
  static func error(_ error: any Error, _ what: String, remedy: String) -> ParleyError {
    if let known = error as? ParleyError { return known }
    return ParleyError(.init("state/io"), "\(what) (\(reason(error)))", remedy: remedy)
  }

  static func reason(_ error: any Error) -> String {
    let nested = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    if nested.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(nested.code))) }
    return nested.localizedDescription
  }
}
