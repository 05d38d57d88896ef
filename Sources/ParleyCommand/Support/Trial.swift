import Dispatch
import Foundation
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyStudy
import ParleyTransport
import Synchronization

/// A folder with ephemeral keys and loopback ports for all parties of a study, so that every role can run as a
/// process of its own on this machine. Removed when the trial ends.
final class Trial {
  struct Party: Codable {
    var key: String
    var port: Int?
  }
  struct File: Codable {
    var job: String
    var parties: [String: Party]
  }

  let directory: String
  let study: Study

  /// Picks free ports by listening on port 0 and letting go again.
  init(_ study: Study) throws {
    let name = "parley-trial-" + hexadecimal(SecureRandom.bytes(8))
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let store = IdentityStore(directory: directory + "/identities")
    var parties: [String: Party] = [:]
    var listeners: [MeshListener] = []
    for party in study.parties {
      let identity = try Identity.create(name: party.name)
      try store.save(identity)
      var port: Int?
      if study.computing.contains(party.name) {
        let listener = try MeshListener(endpoint: MeshEndpoint(host: "127.0.0.1", port: 0))
        listeners.append(listener)
        port = listener.port
      }
      parties[party.name] = Party(key: identity.publicIdentity.text, port: port)
    }
    listeners = []
    let file = File(job: hexadecimal(SecureRandom.bytes(16)), parties: parties)
    try FileOutput.write(try Console.json(file), to: directory + "/trial.json")
    self.study = try Self.apply(file, to: study)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  static func load(_ directory: String, _ study: Study) throws -> (study: Study, job: String) {
    guard let data = FileManager.default.contents(atPath: directory + "/trial.json"),
      let file = try? JSONDecoder().decode(File.self, from: data)
    else { throw ParleyError(.usage, "\(directory) holds no trial", remedy: "use parley run") }
    return (try apply(file, to: study), file.job)
  }

  private static func apply(_ file: File, to study: Study) throws -> Study {
    var keys: [String: PublicIdentity] = [:]
    for (name, party) in file.parties { keys[name] = try PublicIdentity(text: party.key) }
    var copy = study.withKeys(keys)
    for index in copy.parties.indices {
      let port = file.parties[copy.parties[index].name]?.port
      copy.parties[index].endpoint = port.map { .init(host: "127.0.0.1", port: $0) }
    }
    copy.requiresSignatures = false
    return copy
  }
}

/// A role running as a process of its own.
final class RoleProcess {
  let name: String
  let process = Process()
  let reportPath: String
  private let errorPath: String

  init(name: String, arguments: [String], directory: String, showsErrors: Bool) throws {
    self.name = name
    reportPath = directory + "/\(name).report.json"
    errorPath = directory + "/\(name).log"
    process.executableURL = URL(fileURLWithPath: Self.executable)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    if showsErrors {
      process.standardError = FileHandle.standardError
    } else {
      let created = FileManager.default.createFile(atPath: errorPath, contents: nil)
      process.standardError = created ? FileHandle(forWritingAtPath: errorPath) : FileHandle.nullDevice
    }
    try process.run()
  }

  /// This program itself.
  static var executable: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }

  /// Waits for all; when one fails the others are told to stop, and its own words are thrown.
  static func wait(for all: [RoleProcess]) throws {
    var running = all
    var failed: RoleProcess?
    // Peers notice by themselves; what then still waits for a party that never came is interrupted.
    var graceEnds: ContinuousClock.Instant?
    let stop = StopSignal()
    defer { stop.end() }
    var isStopping = false
    while !running.isEmpty {
      usleep(2000)
      if stop.happened, !isStopping {
        isStopping = true
        for role in running { role.process.interrupt() }
      }
      if let end = graceEnds, end < .now {
        graceEnds = nil
        for role in running { role.process.interrupt() }
      }
      for role in running where !role.process.isRunning {
        running.removeAll { $0 === role }
        if role.process.terminationStatus != 0, failed == nil {
          failed = role
          graceEnds = .now + .seconds(3)
        }
      }
    }
    if isStopping {
      throw ParleyError(
        .interrupted, "interrupted; every party of the trial was stopped",
        remedy: "start it again when you are ready")
    }
    if let failed {
      let told = all.filter { $0.process.terminationStatus != 0 }
        .map { role -> String in
          let text = (try? String(contentsOfFile: role.errorPath, encoding: .utf8)) ?? ""
          return "[\(role.name)] " + text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
      throw ParleyError(
        .init(failed.process.terminationStatus == 4 ? "data/refused" : "aborted/role"),
        "the run ended without a result: \(failed.name) stopped first (exit code \(failed.process.terminationStatus))\n"
          + told.joined(separator: "\n"))
    }
  }
}

/// Notices Ctrl-C and SIGTERM, so that the parties of a trial end, and their folder goes, before this process does.
final class StopSignal: @unchecked Sendable {
  // Unchecked: `sources` is used by the thread that makes and ends this.
  private let flag = Mutex(false)
  private var sources: [any DispatchSourceSignal] = []
  var happened: Bool { flag.withLock { $0 } }

  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in self?.flag.withLock { $0 = true } }
      source.resume()
      sources.append(source)
    }
  }
  func end() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}
