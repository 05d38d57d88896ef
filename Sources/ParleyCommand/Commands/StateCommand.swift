import ArgumentParser
import Foundation
import ParleyBase
import ParleyCrypto
import ParleyRuntime
import ParleyStudy

struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract:
      "Show what a party remembers, forgive failures after looking into them, confirm a peer's new folder.",
    discussion: """
      With a study it shows how many sessions failed because of each of its parties, and how many of its \
      computing parties together failed after checks had begun. At 16 of either no further session is started until \
      somebody has found out why and forgives them.

      A party whose state folder is lost or was restored from a backup starts a new one and tells the others its id \
      over another channel; each of them confirms it.
      """)
  @Option(name: .customLong("as"), help: "Your party's name.") var name: String
  @Option(help: "Folder of the state.") var state: String?
  @Option(help: "Set the count of sessions that failed because of this party back to 0; needs --study.")
  var forgive: String?
  @Flag(help: "Set the count of sessions of the study's computing parties together back to 0; needs --study.")
  var forgiveSet = false
  @Option(help: "Accept the new state folder of this party from now on; needs --id and --study.") var confirm:
    String?
  @Option(help: "The id of that folder, as 'parley state' prints it there.") var id: String?
  @Option(help: "The study file that names the parties' keys.") var study: String?
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    if json, confirm != nil || forgive != nil || forgiveSet {
      throw ParleyError(
        .usage, "--json is for what a party remembers, and not for what is changed",
        remedy: "leave --json out, and ask 'parley state --as \(name) --json' afterwards")
    }
    let folder = try id.map { text throws(ParleyError) in
      try GroupedHash.bytes(text, of: "id of a state folder, which 'parley state' prints there")
    }
    let path = try state ?? PartyCommand.statePath(name)
    guard StateDirectory.exists(path) else { throw missing(path) }
    let directory = try StateDirectory(path: path)
    let loaded = try study.map { path throws(ParleyError) in try StudyLoader.load(path: path) }
    if let confirm {
      guard let loaded, let folder else {
        throw ParleyError(
          .usage, "--confirm needs the id of the new folder and the study that names the party's key",
          remedy: "add --id ID --study FILE")
      }
      let key = try Self.key(confirm, loaded)
      let before = directory.knownDirectory(identity: key)?.id
      try directory.confirm(directory: folder, of: key)
      let fingerprint = try loaded.requireParty(confirm).key?.fingerprint ?? ""
      return try Console.output(
        lines: [
          "\(confirm): its state folder is \(GroupedHash.text(folder)) from now on",
          "  before that        \(before.map(GroupedHash.text) ?? "none")",
          "  fingerprint there  \(fingerprint)",
          "compare the id, and the fingerprint that 'parley identity show' prints there, with \(confirm) over another channel",
        ])
    }
    if forgive != nil || forgiveSet {
      guard let loaded else {
        throw ParleyError(
          .usage, "--forgive and --forgive-set need the study that names the parties' keys",
          remedy: "add --study FILE")
      }
      return try forgive(in: directory, loaded)
    }
    let memory = try Memory(directory, of: loaded, without: name)
    guard !json else { return try Console.output(json: memory) }
    for line in memory.lines { try Console.output(line) }
  }

  /// Nothing is made for a name that was mistyped.
  private func missing(_ path: String) -> ParleyError {
    let root = PartyCommand.stateRoot
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
      .filter { StateDirectory.exists(root + "/" + $0) }.sorted()
    var remedy = "use --as with a name whose parties have run on this machine"
    if !names.isEmpty { remedy += " (\(names.joined(separator: ", ")))" }
    return ParleyError(
      .init("state/missing"), "there is no state folder of \(name): its first 'parley party' makes it",
      at: .init(file: path), remedy: remedy + ", or --state with its folder")
  }

  private func forgive(in directory: StateDirectory, _ loaded: Study) throws(ParleyError) {
    if let forgive {
      let identity = try Self.key(forgive, loaded)
      try Console.output("\(forgive): \(directory.aborts(identity: identity)) failed sessions, now 0")
      try directory.clearAborts(identity: identity)
    }
    if forgiveSet {
      let set = try Self.computingKeys(loaded)
      let names = loaded.computing.joined(separator: ", ")
      try Console.output("\(names) together: \(directory.failures(ofSet: set)) failed sessions, now 0")
      try directory.clearFailures(ofSet: set)
    }
  }

  fileprivate static func computingKeys(_ loaded: Study) throws(ParleyError) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    for name in loaded.computing { keys.append(try key(name, loaded)) }
    return keys
  }

  fileprivate static func key(_ name: String, _ loaded: Study) throws(ParleyError) -> [UInt8] {
    guard let key = try loaded.requireParty(name).key else {
      throw ParleyError(.studyNotReady, "the study names no key for \(name)", remedy: "add its key")
    }
    return Array(key.text.utf8)
  }
}

/// What a party remembers, for people and for programs.
private struct Memory: Encodable {
  private enum CodingKeys: String, CodingKey {
    case folder, id, attempts, released, begun, releases, failedSessions, peers, computing
  }
  struct Release: Encodable {
    let time: String
    /// Hexadecimal digits of the study's hash.
    let study: String
    let event: String
  }
  struct Peer: Encodable {
    let name: String
    /// Sessions that failed because of it.
    let failedSessions: Int
    /// The id of its state folder, once it is known.
    let stateFolder: String?
    let isRefused: Bool?
  }
  struct Together: Encodable {
    let names: [String]
    let failedSessions: Int
  }
  struct Failures: Encodable {
    let ofPeers: Int
    let ofComputingPartiesTogether: Int
  }

  let folder: String
  let id: String
  let attempts: UInt64
  /// Releases that happened.
  let released: Int
  /// Releases that began and did not end here.
  let begun: Int
  let releases: [Release]
  /// The same for people: the last word of each session.
  private let sessions: [(time: String, study: String, end: String)]
  /// Of all studies; the parties of one are named where it is given.
  let failedSessions: Failures
  private(set) var peers: [Peer]?
  private(set) var computing: Together?

  init(_ directory: StateDirectory, of study: Study?, without name: String) throws(ParleyError) {
    folder = directory.path
    id = GroupedHash.text(directory.stateID)
    attempts = directory.attempt
    // A release is entered when it begins and when it has happened.
    let happened = Set(directory.releases.filter { $0.event == .released }.map(\.session))
    released = happened.count
    begun = Set(directory.releases.map(\.session)).subtracting(happened).count
    releases = directory.releases.map { Release(time: $0.time, study: $0.study, event: $0.event.rawValue) }
    sessions = directory.releases.filter { $0.event == .released || !happened.contains($0.session) }.map { entry in
      let isThis = study.map { hexadecimal($0.studyHash) == entry.study } ?? false  // public: in every receipt
      return (
        entry.time, "\(entry.study.prefix(16))…\(isThis ? " (\(study?.file ?? ""))" : "")",
        entry.event == .released
          ? "released" : "begun: something of this party was sent, and it was told of no result"
      )
    }
    let failed = directory.failedSessions
    failedSessions = Failures(ofPeers: failed.peers, ofComputingPartiesTogether: failed.sets)
    guard let study else { return }
    var found: [Peer] = []
    for party in study.parties where party.name != name {
      guard let key = party.key else { continue }
      let identity = Array(key.text.utf8)
      let known = directory.knownDirectory(identity: identity)
      found.append(
        Peer(
          name: party.name, failedSessions: directory.aborts(identity: identity),
          stateFolder: known.map { GroupedHash.text($0.id) }, isRefused: known?.isRefused))
    }
    peers = found
    guard let set = try? StateCommand.computingKeys(study) else { return }
    computing = Together(names: study.computing, failedSessions: directory.failures(ofSet: set))
  }

  var lines: [String] {
    var lines = ["folder    \(folder)", "id        \(id)", "attempts  \(attempts)", "releases  \(released)"]
    if begun > 0 {
      lines.append(
        "begun     \(begun) more, of which this party saw no result: others may have one (a recipient's receipt tells)"
      )
    }
    lines += sessions.map { "  \($0.time)  study \($0.study)  \($0.end)" }
    guard let peers else {
      let failed = (failedSessions.ofPeers, failedSessions.ofComputingPartiesTogether)
      lines.append("failed    \(failed.0) because of a peer, \(failed.1) of computing parties together")
      if failed != (0, 0) { lines.append("          add --study FILE to see of whom") }
      return lines
    }
    for peer in peers {
      lines.append("failed sessions because of \(peer.name): \(peer.failedSessions)")
      if let folder = peer.stateFolder {
        let refused = peer.isRefused == true ? ", refused: it was restored or copied" : ""
        lines.append("state folder of \(peer.name): \(folder)\(refused)")
      }
    }
    if let computing {
      lines.append(
        "failed sessions of \(computing.names.joined(separator: ", ")) together: \(computing.failedSessions)")
    }
    return lines
  }
}
