import Foundation
import Testing

/// A fresh folder that holds everything one test leaves behind: state, identities, temporary files. The `parley`
/// executable runs in it and knows no other home.
final class Sandbox: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/parley-command-test-" + UUID().uuidString
    for folder in ["", "/tmp"] {
      try FileManager.default.createDirectory(atPath: path + folder, withIntermediateDirectories: true)
    }
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The executable beside the test bundle: both are products of one build.
  static let executable: String = {
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let folders = [own, CommandLine.arguments[0]].map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
    return folders.map { $0.appendingPathComponent("parley").path }
      .first { FileManager.default.isExecutableFile(atPath: $0) } ?? folders[0].path + "/parley"
  }()

  func url(_ name: String) -> String { name.hasPrefix("/") ? name : path + "/" + name }

  @discardableResult
  func write(_ text: String, _ name: String) throws -> String { try write(Data(text.utf8), name) }
  @discardableResult
  func write(_ data: Data, _ name: String) throws -> String {
    try data.write(to: URL(fileURLWithPath: url(name)))
    return name
  }
  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: url(name))), as: UTF8.self)
  }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url(name)) }

  /// What a command left in its folder for temporary files.
  var leftovers: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path + "/tmp")) ?? [] }

  /// Starts `parley` and does not wait.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
    guard FileManager.default.isExecutableFile(atPath: Self.executable) else {
      throw MissingExecutable(path: Self.executable)
    }
    return try Running(Self.executable, arguments, in: path, environment)
  }

  /// Runs `parley` to its end.
  func parley(_ arguments: String...) async throws -> Ended { try await start(arguments).end() }
  func parley(_ arguments: [String], environment: [String: String] = [:]) async throws -> Ended {
    try await start(arguments, environment: environment).end()
  }
}

struct MissingExecutable: Error, CustomStringConvertible {
  var path: String
  var description: String {
    "the executable \(path) does not exist; build it with: swift build --product parley (add -c release for release tests)"
  }
}

/// A `parley` process at work; killed when the test forgets it.
final class Running: @unchecked Sendable {
  // Unchecked: `Process` is only started, signalled and asked whether it runs.
  let process = Process()
  private let outputPath: String
  private let errorPath: String

  fileprivate init(
    _ executable: String, _ arguments: [String], in folder: String, _ own: [String: String]
  ) throws {
    let stem = folder + "/." + UUID().uuidString
    outputPath = stem + ".out"
    errorPath = stem + ".err"
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = folder
    environment["PARLEY_HOME"] = folder + "/home"
    environment["TMPDIR"] = folder + "/tmp"
    process.environment = environment.merging(own) { $1 }
    process.standardInput = FileHandle.nullDevice
    for path in [outputPath, errorPath] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    try process.run()
  }
  deinit { signal(SIGKILL) }

  var output: String { Self.text(outputPath) }
  var errors: String { Self.text(errorPath) }
  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  func signal(_ number: Int32) {
    if process.isRunning { kill(process.processIdentifier, number) }
  }

  /// Waits until standard error holds `text`, or the process ends.
  func says(_ text: String, within seconds: Double = 60) async throws {
    let deadline = Date() + seconds
    while !errors.contains(text), process.isRunning, Date() < deadline {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(errors.contains(text), "never said: \(text)\n\(errors)")
  }

  /// Waits for the end; what takes longer than `seconds` is killed and reported.
  func end(within seconds: Double = 180) async throws -> Ended {
    let deadline = Date() + seconds
    while process.isRunning, Date() < deadline { try await Task.sleep(for: .milliseconds(5)) }
    let isLate = process.isRunning
    if isLate {
      signal(SIGKILL)
      while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    }
    return Ended(
      arguments: process.arguments ?? [], status: process.terminationStatus,
      wasSignalled: process.terminationReason == .uncaughtSignal, isLate: isLate, output: output, errors: errors)
  }
}

/// What a process left.
struct Ended: CustomStringConvertible {
  var arguments: [String]
  var status: Int32
  /// It died of a signal whose number is the status.
  var wasSignalled: Bool
  var isLate: Bool
  var output: String
  var errors: String

  var description: String {
    "parley \(arguments.joined(separator: " "))\nstatus \(status)\(wasSignalled ? " (signal)" : "")"
      + "\(isLate ? " (killed after the time limit)" : "")\n--- output\n\(output.suffix(3000))\n--- errors\n\(errors.suffix(3000))"
  }

  func succeeded(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(status == 0 && !wasSignalled && !isLate, "\(self)", sourceLocation: sourceLocation)
  }

  /// The form of every failure: exit code, code in brackets, words, and what to do about it.
  func failed(
    _ exit: Int32, _ code: String, _ words: String..., fix: String? = "fix: ", showsResult: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      status == exit && !wasSignalled && !isLate, "wanted exit code \(exit)\n\(self)",
      sourceLocation: sourceLocation)
    for text in ["[\(code)]"] + words.filter({ !$0.isEmpty }) + (fix.map { [$0] } ?? []) {
      #expect(errors.contains(text), "wanted: \(text)\n\(self)", sourceLocation: sourceLocation)
    }
    #expect(showsResult || !output.contains("----"), "a result was shown\n\(self)", sourceLocation: sourceLocation)
    #expect(!errors.contains("Fatal error"), "\(self)", sourceLocation: sourceLocation)
  }

  func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
    let object = try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
    return try #require(object, "no JSON object\n\(self)", sourceLocation: sourceLocation)
  }
}

/// All suites of the command run one test after the other: each starts up to seven processes.
@Suite("parley", .serialized)
struct CommandTests {}
