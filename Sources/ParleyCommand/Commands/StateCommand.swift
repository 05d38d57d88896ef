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

  func run() throws {
    let path = try state ?? PartyCommand.statePath(name)
    guard StateDirectory.exists(path) else { throw missing(path) }
    let directory = try StateDirectory(path: path)
    let loaded = try study.map { path throws(ParleyError) in try StudyLoader.load(path: path) }
    if let confirm {
      guard let loaded, let id else {
        throw ParleyError(
          .usage, "--confirm needs the id of the new folder and the study that names the party's key",
          remedy: "add --id ID --study FILE")
      }
      try directory.confirm(directory: try GroupedHash.bytes(id), of: try Self.key(confirm, loaded))
      try Console.output(
        "\(confirm): its state folder is \(GroupedHash.text(try GroupedHash.bytes(id))) from now on")
      return
    }
    if forgive != nil || forgiveSet {
      guard let loaded else {
        throw ParleyError(
          .usage, "--forgive and --forgive-set need the study that names the parties' keys",
          remedy: "add --study FILE")
      }
      return try forgive(in: directory, loaded)
    }
    try Console.output("folder    \(directory.path)")
    try Console.output("id        \(GroupedHash.text(directory.stateID))")
    try Console.output("attempts  \(directory.attempt)")
    // A release is entered when it begins and when it has happened.
    let released = Set(directory.releases.filter { $0.event == .released }.map(\.session))
    let begun = Set(directory.releases.map(\.session)).subtracting(released).count
    try Console.output("releases  \(released.count)")
    if begun > 0 {
      try Console.output(
        "begun     \(begun) more that did not end here: if others finished them, a result is out (a recipient's receipt tells)"
      )
    }
    for entry in directory.releases {
      try Console.output("  \(entry.time)  study \(entry.study.prefix(16))…  \(entry.event.rawValue)")
    }
    guard let loaded else {
      let failed = directory.failedSessions
      try Console.output(
        "failed    \(failed.peers) because of a peer, \(failed.sets) of computing parties together")
      if failed != (0, 0) { try Console.output("          add --study FILE to see of whom") }
      return
    }
    for party in loaded.parties where party.name != name {
      guard let key = party.key else { continue }
      let identity = Array(key.text.utf8)
      try Console.output("failed sessions because of \(party.name): \(directory.aborts(identity: identity))")
      if let known = directory.knownDirectory(identity: identity) {
        let refused = known.isRefused ? ", refused: it was restored or copied" : ""
        try Console.output("state folder of \(party.name): \(GroupedHash.text(known.id))\(refused)")
      }
    }
    guard let set = try? Self.computingKeys(loaded) else { return }
    try Console.output(
      "failed sessions of \(loaded.computing.joined(separator: ", ")) together: \(directory.failures(ofSet: set))")
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

  private static func computingKeys(_ loaded: Study) throws(ParleyError) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    for name in loaded.computing { keys.append(try key(name, loaded)) }
    return keys
  }

  private static func key(_ name: String, _ loaded: Study) throws(ParleyError) -> [UInt8] {
    guard let key = try loaded.requireParty(name).key else {
      throw ParleyError(.studyNotReady, "the study names no key for \(name)", remedy: "add its key")
    }
    return Array(key.text.utf8)
  }
}
